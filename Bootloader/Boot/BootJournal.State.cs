// What the boot journal remembers: the only mutable state of the boot. docs/SPEC-flash.md gives every byte.
// It is that of the newest record after Open; its user changes it in memory; Commit makes it durable, Rollback takes it back.
// Objects of one thread; nothing here touches flash.

using System;
using System.Runtime.CompilerServices;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Bootloader.Boot
{
    /// <summary>Numbers of the components, in policy, journal and context.</summary>
    [ExcludeType]
    public static class ComponentIndex
    {
        /// <summary>The updater.</summary>
        public const int Stage2 = 0;

        /// <summary>The device maker's application.</summary>
        public const int Application = 1;

        /// <summary>The authorities: a component that is data.</summary>
        public const int Trust = 2;

        /// <summary>Configuration: a component that is data.</summary>
        public const int Configuration = 3;

        /// <summary>Number of components that the journal has room for.</summary>
        public const int Count = 4;
    }

    /// <summary>Who recorded a failure.</summary>
    public enum BootStage : byte
    {
        /// <summary>Nobody.</summary>
        None = 0,

        /// <summary>Stage 1, while it chose and verified.</summary>
        Stage1 = 1,

        /// <summary>Stage 2.</summary>
        Stage2 = 2,

        /// <summary>The application, or stage 1 about the application while it ran.</summary>
        Application = 3,
    }

    /// <summary>What the journal remembers of one component.</summary>
    /// <remarks>An image id is the first 8 bytes of the manifest's SHA-256 digest, as a little-endian number; 0 for none.</remarks>
    public sealed class ComponentState
    {
        /// <summary>The least sequence number that is accepted. It rises at a confirm and never falls.</summary>
        public long Floor;

        /// <summary>Id of the image that was confirmed last.</summary>
        public long ConfirmedId;

        /// <summary>Id of the image on trial.</summary>
        public long TrialId;

        /// <summary>Id of an image that used up its attempts. It is not tried again.</summary>
        public long FailedId;

        /// <summary>Slot of the confirmed image.</summary>
        public RegionId ConfirmedSlot;

        /// <summary>Slot of the image on trial.</summary>
        public RegionId TrialSlot;

        /// <summary>Starts that the image on trial has left.</summary>
        public byte AttemptsLeft;

        /// <summary>Slot of the last failure.</summary>
        public RegionId FailureSlot;

        /// <summary>Who recorded the last failure.</summary>
        public BootStage FailureStage;

        /// <summary>The last failure, or Ok.</summary>
        public ResultCode FailureCode;

        /// <summary>A number that belongs to the failure: byte offset, element key, hash of an exception's type.</summary>
        public int FailureDetail;
    }

    public sealed partial class BootJournal
    {
        /// <summary>Bytes that stage 2 keeps for itself.</summary>
        public const int OpaqueBytes = 32;

        private const int RequestOffset = 10;
        private const int OpaqueOffset = 12;
        private const int ComponentsOffset = 44;
        private const int ComponentBytes = 48;

        /// <summary>The components, by <see cref="ComponentIndex"/>. On a new device nothing is confirmed, and floors are 0.</summary>
        public readonly ComponentState[] Components = new ComponentState[ComponentIndex.Count];

        /// <summary>Bytes that stage 2 keeps for itself; stage 1 carries them and looks at none.</summary>
        public readonly byte[] Opaque = new byte[OpaqueBytes];

        /// <summary>Why stage 2 is to be started instead of the application; 0 when it is not.</summary>
        public ushort UpdateRequest;

        /// <summary>Records the failure of a component, in memory.</summary>
        /// <param name="component">A <see cref="ComponentIndex"/>.</param>
        /// <param name="code">What failed.</param>
        /// <param name="slot">Where.</param>
        /// <param name="stage">Who says so.</param>
        /// <param name="detail">A number that belongs to it.</param>
        public void SetFailure(int component, ResultCode code, RegionId slot, BootStage stage, int detail)
        {
            ComponentState state = Components[component];
            state.FailureCode = code;
            state.FailureSlot = slot;
            state.FailureStage = stage;
            state.FailureDetail = detail;
        }

        private void WriteState()
        {
            byte[] record = _record;
            FlashRecord.WriteNumber(record, RequestOffset, UpdateRequest, 2);
            Array.Copy(Opaque, 0, record, OpaqueOffset, OpaqueBytes);
            int offset = ComponentsOffset;
            for (int i = 0; i < ComponentIndex.Count; i++)
            {
                ComponentState state = Components[i];
                FlashRecord.WriteNumber(record, offset, state.Floor, 8);
                FlashRecord.WriteNumber(record, offset + 8, state.ConfirmedId, 8);
                FlashRecord.WriteNumber(record, offset + 16, state.TrialId, 8);
                FlashRecord.WriteNumber(record, offset + 24, state.FailedId, 8);
                record[offset + 32] = (byte)state.ConfirmedSlot;
                record[offset + 33] = (byte)state.TrialSlot;
                record[offset + 34] = state.AttemptsLeft;
                record[offset + 35] = (byte)state.FailureSlot;
                record[offset + 36] = (byte)state.FailureStage;
                FlashRecord.WriteNumber(record, offset + 38, (long)state.FailureCode, 2);
                FlashRecord.WriteNumber(record, offset + 40, state.FailureDetail, 4);
                offset += ComponentBytes;
            }
        }

        /// <summary>Takes back what was changed in memory since the last commit.</summary>
        internal void Rollback()
        {
            byte[] record = _committed;
            UpdateRequest = BitConverter.ToUInt16(record, RequestOffset);
            Array.Copy(record, OpaqueOffset, Opaque, 0, OpaqueBytes);
            int offset = ComponentsOffset;
            for (int i = 0; i < ComponentIndex.Count; i++)
            {
                ComponentState state = Components[i];
                state.Floor = BitConverter.ToInt64(record, offset);
                state.ConfirmedId = BitConverter.ToInt64(record, offset + 8);
                state.TrialId = BitConverter.ToInt64(record, offset + 16);
                state.FailedId = BitConverter.ToInt64(record, offset + 24);
                state.ConfirmedSlot = (RegionId)record[offset + 32];
                state.TrialSlot = (RegionId)record[offset + 33];
                state.AttemptsLeft = record[offset + 34];
                state.FailureSlot = (RegionId)record[offset + 35];
                state.FailureStage = (BootStage)record[offset + 36];
                state.FailureCode = (ResultCode)BitConverter.ToUInt16(record, offset + 38);
                state.FailureDetail = BitConverter.ToInt32(record, offset + 40);
                offset += ComponentBytes;
            }
        }
    }
}
