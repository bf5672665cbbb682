// Whom stage 1 trusts from the factory, as a file says it for the tool: what 'keys export' compiles into a board.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Cli.Commands;

namespace NanoBoot.Cli.Descriptions
{
    /// <summary>The keys of a trust file.</summary>
    /// <param name="File">The file, for messages.</param>
    /// <param name="Keys">The keys, and what each may decide.</param>
    /// <param name="RootsNeeded">How many roots must sign a trust document.</param>
    internal sealed record FactoryTrust(string File, IReadOnlyList<TrustedKey> Keys, int RootsNeeded)
    {
        /// <summary>The keys that decide whom devices trust.</summary>
        public IReadOnlyList<TrustedKey> Roots => [.. Keys.Where(key => key.Permissions.HasFlag(Permissions.Trust))];

        /// <summary>As devices hold it.</summary>
        public Authority[] ToStore() => [.. Keys.Select(key => key.ToAuthority())];

        /// <summary>Reads a trust file.</summary>
        public static FactoryTrust Read(CliContext context, string file)
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

            long needed = map.Number("rootsNeeded") ?? 1;
            map.Finish();
            if (keys.Count == 0)
            {
                throw map.ErrorAt("keys", "'keys' is missing or empty.");
            }

            TrustedKey.RequireDistinct(keys);
            var trust = new FactoryTrust(file, keys, (int)Math.Min(needed, int.MaxValue));
            if (needed < 1 || (needed > 1 && needed > trust.Roots.Count))
            {
                throw map.ErrorAt("rootsNeeded", $"'rootsNeeded' is from 1 to the number of roots (keys that may trust), which is {trust.Roots.Count} here.");
            }

            return trust;
        }

        /// <summary>Reads the permissions of a key or of a component.</summary>
        public static Permissions ReadPermissions(YamlMap map, string key)
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
