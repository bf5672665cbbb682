// Parameters of one override-parameters or set-parameters directive, each with the wrapping that its draft asks for.

using System;
using System.Collections.Generic;
using System.Linq;

namespace NanoBoot.Author
{
    /// <summary>A set of parameters. Members return the set itself, so that calls can be chained.</summary>
    public sealed class ParameterSet
    {
        private readonly CborMap _map = new();

        /// <summary>Number of parameters.</summary>
        public int Count => _map.Count;

        /// <summary>vendor-identifier.</summary>
        /// <param name="id">The vendor id.</param>
        public ParameterSet VendorIdentifier(Guid id) => Bytes(SuitParameter.VendorIdentifier, Uuid.ToBytes(id));

        /// <summary>vendor-identifier as a private enterprise number: a relative OID in tag 112 (RFC 9090).</summary>
        /// <param name="enterpriseNumber">The number that IANA assigned.</param>
        public ParameterSet VendorEnterpriseNumber(uint enterpriseNumber)
        {
            return Add(SuitParameter.VendorIdentifier, writer => writer.WriteTag(112).WriteBytes(Base128(enterpriseNumber)));
        }

        /// <summary>class-identifier.</summary>
        /// <param name="id">The class id.</param>
        public ParameterSet ClassIdentifier(Guid id) => Bytes(SuitParameter.ClassIdentifier, Uuid.ToBytes(id));

        /// <summary>device-identifier.</summary>
        /// <param name="id">The device id.</param>
        public ParameterSet DeviceIdentifier(Guid id) => Bytes(SuitParameter.DeviceIdentifier, Uuid.ToBytes(id));

        /// <summary>image-digest, SHA-256.</summary>
        /// <param name="digest">The digest, 32 bytes.</param>
        public ParameterSet ImageDigest(ReadOnlySpan<byte> digest) => Bytes(SuitParameter.ImageDigest, SuitDigest.Encode(digest));

        /// <summary>image-size.</summary>
        /// <param name="sizeBytes">Bytes.</param>
        public ParameterSet ImageSize(long sizeBytes) => UInt(SuitParameter.ImageSize, sizeBytes);

        /// <summary>The nanoBoot chunk table.</summary>
        /// <param name="table">The table's bytes, see <see cref="Chunker"/>.</param>
        public ParameterSet ChunkTable(ReadOnlySpan<byte> table) => Bytes(SuitParameter.ChunkTable, table);

        /// <summary>use-before.</summary>
        /// <param name="time">Time; whole seconds are kept.</param>
        public ParameterSet UseBefore(DateTimeOffset time) => UInt(SuitParameter.UseBefore, time.ToUnixTimeSeconds());

        /// <summary>component-slot.</summary>
        /// <param name="slot">Index of the slot.</param>
        public ParameterSet ComponentSlot(int slot) => UInt(SuitParameter.ComponentSlot, slot);

        /// <summary>strict-order.</summary>
        /// <param name="isStrict">False where commands may run out of order.</param>
        public ParameterSet StrictOrder(bool isStrict) => Add(SuitParameter.StrictOrder, writer => writer.WriteBool(isStrict));

        /// <summary>soft-failure.</summary>
        /// <param name="isSoft">True where a failed condition ends the sequence without failing it.</param>
        public ParameterSet SoftFailure(bool isSoft) => Add(SuitParameter.SoftFailure, writer => writer.WriteBool(isSoft));

        /// <summary>content, for check-content and write.</summary>
        /// <param name="content">The bytes.</param>
        public ParameterSet Content(ReadOnlySpan<byte> content) => Bytes(SuitParameter.Content, content);

        /// <summary>encryption-info.</summary>
        /// <param name="coseEncrypt">The encoded, tagged COSE_Encrypt.</param>
        public ParameterSet EncryptionInfo(ReadOnlySpan<byte> coseEncrypt) => Bytes(SuitParameter.EncryptionInfo, coseEncrypt);

        /// <summary>uri.</summary>
        /// <param name="uri">A URI reference.</param>
        public ParameterSet Uri(string uri) => Add(SuitParameter.Uri, writer => writer.WriteText(uri));

        /// <summary>source-component.</summary>
        /// <param name="index">Index of the component.</param>
        public ParameterSet SourceComponent(int index) => UInt(SuitParameter.SourceComponent, index);

        /// <summary>invoke-args as bytes.</summary>
        /// <param name="arguments">The bytes.</param>
        public ParameterSet InvokeArguments(ReadOnlySpan<byte> arguments) => Bytes(SuitParameter.InvokeArguments, arguments);

        /// <summary>invoke-args as nanoBoot reads them: [type name, method name].</summary>
        /// <param name="typeName">Full name of the type.</param>
        /// <param name="methodName">Name of its public static method.</param>
        public ParameterSet InvokeArguments(string typeName, string methodName)
        {
            return InvokeArguments(CborWriter.Encode(writer => writer.StartArray(2).WriteText(typeName).WriteText(methodName)));
        }

        /// <summary>fetch-arguments.</summary>
        /// <param name="arguments">The bytes.</param>
        public ParameterSet FetchArguments(ReadOnlySpan<byte> arguments) => Bytes(SuitParameter.FetchArguments, arguments);

        /// <summary>minimum-battery.</summary>
        /// <param name="milliwattHours">mWh.</param>
        public ParameterSet MinimumBattery(long milliwattHours) => UInt(SuitParameter.MinimumBattery, milliwattHours);

        /// <summary>update-priority.</summary>
        /// <param name="priority">The smaller, the more urgent.</param>
        public ParameterSet UpdatePriority(int priority) => Add(SuitParameter.UpdatePriority, writer => writer.WriteInt(priority));

        /// <summary>version, for condition-version.</summary>
        /// <param name="comparison">How to compare.</param>
        /// <param name="version">The version's numbers; -1, -2, -3 for rc, beta, alpha.</param>
        public ParameterSet Version(VersionComparison comparison, params int[] version)
        {
            return Bytes(SuitParameter.Version, EncodeVersionMatch(comparison, version));
        }

        /// <summary>wait-info.</summary>
        /// <param name="events">The events to wait for.</param>
        public ParameterSet WaitInfo(WaitEvents events)
        {
            ArgumentNullException.ThrowIfNull(events);
            return Bytes(SuitParameter.WaitInfo, events.Encode());
        }

        /// <summary>component-metadata.</summary>
        /// <param name="metadata">The map of update-management, section 4.</param>
        public ParameterSet ComponentMetadata(CborMap metadata)
        {
            ArgumentNullException.ThrowIfNull(metadata);
            return Bytes(SuitParameter.ComponentMetadata, metadata.Encode());
        }

        /// <summary>A private parameter.</summary>
        /// <param name="key">Its number, less than -255.</param>
        /// <param name="write">Writes its value: an integer, a bool, a text or a byte string.</param>
        public ParameterSet Custom(int key, Action<CborWriter> write)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(key, -256);
            return Add((SuitParameter)key, write);
        }

        /// <summary>Writes the map.</summary>
        /// <param name="writer">Where to.</param>
        public void Write(CborWriter writer)
        {
            ArgumentNullException.ThrowIfNull(writer);
            if (Count == 0)
            {
                throw new InvalidOperationException("A parameter directive has at least one parameter.");
            }

            writer.WriteMap(_map);
        }

        internal static byte[] EncodeVersionMatch(VersionComparison comparison, IReadOnlyList<int> version)
        {
            RequireVersion(version);
            var writer = new CborWriter();
            writer.StartArray(2).WriteInt((int)comparison);
            WriteVersion(writer, version);
            return writer.ToArray();
        }

        internal static void WriteVersion(CborWriter writer, IReadOnlyList<int> version)
        {
            RequireVersion(version);
            writer.StartArray(version.Count);
            foreach (int part in version)
            {
                writer.WriteInt(part);
            }
        }

        private static void RequireVersion(IReadOnlyList<int> version)
        {
            ArgumentNullException.ThrowIfNull(version);
            if (version.Count == 0 || version[0] < 0 || version.Any(part => part < -3))
            {
                throw new ArgumentException("A version starts with a number from 0 on; later ones may be -1 (rc), -2 (beta), -3 (alpha).", nameof(version));
            }
        }

        /// <summary>A private enterprise number as a relative OID (RFC 9090): groups of 7 bits, the highest first.</summary>
        /// <param name="value">The number.</param>
        public static byte[] Base128(uint value)
        {
            var bytes = new List<byte> { (byte)(value & 0x7F) };
            while ((value >>= 7) != 0)
            {
                bytes.Insert(0, (byte)(0x80 | (value & 0x7F)));
            }

            return [.. bytes];
        }

        private ParameterSet Bytes(SuitParameter parameter, ReadOnlySpan<byte> content)
        {
            byte[] copy = content.ToArray();
            return Add(parameter, writer => writer.WriteBytes(copy));
        }

        private ParameterSet UInt(SuitParameter parameter, long value)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            return Add(parameter, writer => writer.WriteInt(value));
        }

        private ParameterSet Add(SuitParameter parameter, Action<CborWriter> write)
        {
            _map.Add((long)parameter, write);
            return this;
        }
    }
}
