// A device and its trust, as files describe them for 'manifest verify' and for provisioning.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Cli.Commands;

namespace NanoBoot.Cli.Descriptions
{
    /// <summary>A component of a described device.</summary>
    internal sealed record DeviceComponent(string Name, Permissions Needs, long Floor, int Slot, int[]? Version, byte[]? Content, long CapacityBytes);

    /// <summary>A device: its ids, its components, what is on it.</summary>
    internal sealed record DeviceDescription(
        Guid VendorId, IReadOnlyList<Guid> ClassIds, Guid? DeviceId, IReadOnlyList<DeviceComponent> Components, long TimeSeconds, long BatteryMilliwattHours)
    {
        /// <summary>Reads a device file.</summary>
        public static DeviceDescription Read(CliContext context, string file)
        {
            YamlMap map = YamlMap.Parse(file, context.ReadText(file, "device description"));
            string directory = Path.GetDirectoryName(context.PathOf(file))!;
            Guid vendor = Identifiers.Vendor(map);
            IReadOnlyList<Guid> classes = Identifiers.Classes(map, vendor);
            Guid? device = Identifiers.Device(map);
            YamlMap components = map.Map("components") ?? throw map.ErrorAt("components", "'components' is missing; name each component and what it needs.");
            var list = new List<DeviceComponent>();
            foreach (string name in components.Keys.ToArray())
            {
                YamlMap component = components.Map(name) ?? throw components.ErrorAt(name, $"'{name}' is empty; say what permissions it 'needs'.");
                string? content = component.Text("content");
                list.Add(new DeviceComponent(
                    name,
                    ReadPermissions(component, "needs"),
                    component.Number("floor") ?? 0,
                    (int)Math.Min(255, component.Number("slot") ?? 0),
                    Identifiers.Version(component, "version"),
                    content is null ? null : context.ReadFile(Path.Combine(directory, content), "content of a slot"),
                    component.Number("capacity") ?? long.MaxValue));
                component.Finish();
            }

            long time = map.Flag("clock") ? DateTimeOffset.UtcNow.ToUnixTimeSeconds() : -1;
            long battery = map.Number("battery") ?? long.MaxValue;
            map.Finish();
            return new DeviceDescription(vendor, classes, device, list, time, battery);
        }

        /// <summary>Reads a trust file: the keys, and what each may decide.</summary>
        public static IReadOnlyList<TrustedKey> ReadTrust(CliContext context, string file)
        {
            YamlMap map = YamlMap.Parse(file, context.ReadText(file, "trust description"));
            string directory = Path.GetDirectoryName(context.PathOf(file))!;
            var keys = new List<TrustedKey>();
            foreach (YamlMap entry in map.Maps("keys"))
            {
                string path = Path.Combine(directory, entry.RequireText("key"));
                keys.Add(TrustedKey.Read(context, path, ReadPermissions(entry, "may"), entry.Text("component")));
                entry.Finish();
            }

            map.Finish();
            return keys.Count != 0 ? keys : throw map.ErrorAt("keys", "'keys' is missing or empty.");
        }

        private static Permissions ReadPermissions(YamlMap map, string key)
        {
            Permissions permissions = Permissions.None;
            foreach (string name in map.Texts(key))
            {
                permissions |= TrustedKey.ParsePermissions(name, key);
            }

            return permissions != Permissions.None
                ? permissions
                : throw map.ErrorAt(key, $"'{key}' is missing: author, store, apply, approve, qualify, test, trust, or all.");
        }
    }
}
