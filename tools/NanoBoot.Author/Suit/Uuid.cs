// UUIDs as SUIT wants them: 16 bytes in network order, and name-based ones of version 5 (RFC 9562, RFC 9124).

using System;
using System.Security.Cryptography;
using System.Text;

namespace NanoBoot.Author
{
    /// <summary>Makes and writes UUIDs.</summary>
    public static class Uuid
    {
        /// <summary>The DNS namespace of RFC 9562.</summary>
        public static readonly Guid DnsNamespace = new("6ba7b810-9dad-11d1-80b4-00c04fd430c8");

        /// <summary>A name-based UUID of version 5.</summary>
        /// <param name="namespaceId">The namespace.</param>
        /// <param name="name">The name, taken as UTF-8.</param>
        public static Guid Version5(Guid namespaceId, string name)
        {
            ArgumentNullException.ThrowIfNull(name);
            return Version5(namespaceId, Encoding.UTF8.GetBytes(name));
        }

        /// <summary>A name-based UUID of version 5.</summary>
        /// <param name="namespaceId">The namespace.</param>
        /// <param name="name">The name's bytes.</param>
        public static Guid Version5(Guid namespaceId, ReadOnlySpan<byte> name)
        {
            byte[] input = [.. ToBytes(namespaceId), .. name];
            byte[] digest = SHA1.HashData(input);
            digest[6] = (byte)((digest[6] & 0x0F) | 0x50);
            digest[8] = (byte)((digest[8] & 0x3F) | 0x80);
            return FromBytes(digest.AsSpan(0, 16));
        }

        /// <summary>The vendor id of a domain: version 5 in the DNS namespace (RFC 9124).</summary>
        /// <param name="domain">For example "example.com".</param>
        public static Guid ForVendor(string domain) => Version5(DnsNamespace, domain);

        /// <summary>The class id of a vendor's product: version 5 in the vendor's namespace (RFC 9124).</summary>
        /// <param name="vendorId">The vendor id.</param>
        /// <param name="classInfo">What names the class, for example "thermostat rev B".</param>
        public static Guid ForClass(Guid vendorId, string classInfo) => Version5(vendorId, classInfo);

        /// <summary>The 16 bytes in network order.</summary>
        /// <param name="id">The UUID.</param>
        public static byte[] ToBytes(Guid id) => id.ToByteArray(bigEndian: true);

        /// <summary>A UUID of 16 bytes in network order.</summary>
        /// <param name="bytes">The bytes.</param>
        public static Guid FromBytes(ReadOnlySpan<byte> bytes) => new(bytes, bigEndian: true);
    }
}
