// A device, as a file describes it for 'manifest verify' and for provisioning.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using NanoBoot.Bootloader.Cose;

namespace NanoBoot.Cli.Descriptions
{
    /// <summary>A component of a described device.</summary>
    internal sealed record DeviceComponent(string Name, Permissions Needs, long Floor, int Slot, int[]? Version, byte[]? Content, long CapacityBytes, byte[]? Manifest);

    /// <summary>A device: its ids, its components, what is on it.</summary>
    internal sealed record DeviceDescription(
        Guid VendorId, uint? VendorEnterpriseNumber, IReadOnlyList<Guid> ClassIds, Guid? DeviceId, IReadOnlyList<DeviceComponent> Components, long TimeSeconds, long BatteryMilliwattHours)
    {
        /// <summary>Reads a device file.</summary>
        public static DeviceDescription Read(CliContext context, string file)
        {
            YamlMap map = YamlMap.Parse(file, context.ReadText(file, "device description"));
            string directory = Path.GetDirectoryName(context.PathOf(file))!;
            Guid vendor = Identifiers.Vendor(map);
            uint? number = Identifiers.EnterpriseNumber(map);
            IReadOnlyList<Guid> classes = Identifiers.Classes(map, vendor);
            Guid? device = Identifiers.Device(map);
            YamlMap components = map.Map("components") ?? throw map.ErrorAt("components", "'components' is missing; name each component and what it needs.");
            var list = new List<DeviceComponent>();
            foreach (string name in components.Keys.ToArray())
            {
                YamlMap component = components.Map(name) ?? throw components.ErrorAt(name, $"'{name}' is empty; say what permissions it 'needs'.");
                string? content = component.Text("content");
                string? manifest = component.Text("manifest");
                list.Add(new DeviceComponent(
                    name,
                    FactoryTrust.ReadPermissions(component, "needs"),
                    component.Number("floor") ?? 0,
                    (int)Math.Min(255, component.Number("slot") ?? 0),
                    Identifiers.Version(component, "version"),
                    content is null ? null : context.ReadFile(Path.Combine(directory, content), "content of a slot"),
                    component.Number("capacity") ?? long.MaxValue,
                    manifest is null ? null : EnvelopeFiles.Read(context, Path.Combine(directory, manifest)).Encode()));
                component.Finish();
            }

            long time = map.Flag("clock") ? DateTimeOffset.UtcNow.ToUnixTimeSeconds() : -1;
            long battery = map.Number("battery") ?? long.MaxValue;
            map.Finish();
            return new DeviceDescription(vendor, number, classes, device, list, time, battery);
        }
    }
}
