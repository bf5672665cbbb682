// Ids as people write them: a domain or a UUID for a vendor, a text or a UUID for a class.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using NanoBoot.Author;
using NanoBoot.Hal;
using NanoBoot.Stage2Updater.Transport;

namespace NanoBoot.Cli.Descriptions
{
    internal static class Identifiers
    {
        /// <summary>The vendor id of <c>vendor</c>.</summary>
        public static Guid Vendor(YamlMap map)
        {
            string vendor = map.RequireText("vendor");
            if (Guid.TryParse(vendor, out Guid id))
            {
                return id;
            }

            return vendor.Contains('.', StringComparison.Ordinal) && !vendor.Contains('/', StringComparison.Ordinal) && !vendor.Contains(' ', StringComparison.Ordinal)
                ? Uuid.ForVendor(vendor)
                : throw map.ErrorAt("vendor", "'vendor' is your domain, like example.com, or a UUID.");
        }

        /// <summary>The vendor's private enterprise number of <c>enterpriseNumber</c>, or null.</summary>
        public static uint? EnterpriseNumber(YamlMap map)
        {
            long? number = map.Number("enterpriseNumber");
            return number is null or (> 0 and <= uint.MaxValue)
                ? (uint?)number
                : throw map.ErrorAt("enterpriseNumber", "'enterpriseNumber' is the number that IANA gave your organisation, like 48000.");
        }

        /// <summary>The class ids of <c>class</c>: one or a list.</summary>
        public static IReadOnlyList<Guid> Classes(YamlMap map, Guid vendor)
        {
            Guid[] ids = [.. map.Texts("class").Where(text => text.Length != 0).Select(text => Guid.TryParse(text, out Guid id) ? id : Uuid.ForClass(vendor, text))];
            return ids.Length != 0 ? ids : throw map.ErrorAt("class", "'class' is missing: what kind of device is it?");
        }

        /// <summary>The device id of <c>device</c>, or null.</summary>
        public static Guid? Device(YamlMap map)
        {
            string? text = map.Text("device");
            return text is null ? null : Guid.TryParse(text, out Guid id) ? id : throw map.ErrorAt("device", "'device' is a UUID.");
        }

        /// <summary>Where a device asks for manifests: a URI that the updater takes.</summary>
        public static string ManifestUri(string text)
        {
            return HttpUri.Parse(text, null, out _) == ResultCode.Ok
                ? text
                : throw new CliException(ExitCode.Usage, $"--uri: '{text}' is nothing that a device can ask; it is http://HOST:PORT/ or https://HOST/, with a path if need be.");
        }

        /// <summary>The manifest of a component that a device with this URI asks for.</summary>
        public static string ManifestAt(string uri, string component)
        {
            HttpUri.Parse(uri, null, out HttpUri service);
            HttpUri.Parse("manifests/" + component + ".suit", service, out HttpUri manifest);
            int usual = manifest.IsSecure ? 443 : 80;
            return $"{(manifest.IsSecure ? "https" : "http")}://{manifest.Host}{(manifest.Port == usual ? string.Empty : $":{manifest.Port}")}{manifest.Path}";
        }

        /// <summary>A version like 1.2.3 or 1.2.0-rc.1, or null.</summary>
        public static int[]? Version(YamlMap map, string key)
        {
            string? text = map.Text(key);
            if (text is null)
            {
                return null;
            }

            try
            {
                int[] numbers = [.. text.Split('.', '-').Select(ParsePart)];
                return numbers[0] >= 0 ? numbers : throw new FormatException();
            }
            catch (Exception exception) when (exception is FormatException or OverflowException)
            {
                throw map.ErrorAt(key, $"'{key}' is a version like 1.2.3 or 1.2.0-rc.1.");
            }
        }

        private static int ParsePart(string part) => part switch
        {
            "rc" => -1,
            "beta" => -2,
            "alpha" => -3,
            _ => int.Parse(part, NumberStyles.None, CultureInfo.InvariantCulture),
        };
    }
}
