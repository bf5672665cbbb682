// What stage 1 hands to the image that it starts: the entry method's only argument.

using NanoBoot.Bootloader.Cose;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;

namespace NanoBoot.Bootloader.Boot
{
    /// <summary>The resident side of the device, as stage 2 and the application see it.</summary>
    /// <remarks>
    /// The entry method is <c>public static void Main(BootContext boot)</c>, in the type that the manifest names.
    /// Not thread safe, but for <see cref="IsOnTrial"/>.
    /// </remarks>
    public sealed partial class BootContext
    {
        /// <summary>Version of stage 1: major * 256 + minor.</summary>
        public const int Stage1Version = 0x0001;

        /// <summary>The board.</summary>
        public readonly IBoard Board;

        /// <summary>The decisions of the board.</summary>
        public readonly BootPolicy Policy;

        /// <summary>Who the device is.</summary>
        public readonly DeviceIdentity Identity;

        /// <summary>The journal: for stage 2. An application uses the methods of this class.</summary>
        public readonly BootJournal Journal;

        /// <summary>The component that runs: a <see cref="ComponentIndex"/>.</summary>
        public readonly int Component;

        /// <summary>The slot that it was loaded from.</summary>
        public readonly RegionId RunningRegion;

        /// <summary>Sequence number of its manifest.</summary>
        public readonly long RunningSequence;

        /// <summary>Its image id.</summary>
        public readonly long RunningId;

        /// <summary>Whom the device trusts: the board's own keys, or what the trust document in force says. Null when no copy of
        /// that document is good: then stage 2 fetches it again, and nothing else.</summary>
        public Authority[] Trust;

        private bool _isOnTrial;

        /// <summary>Describes a start.</summary>
        /// <param name="board">The board.</param>
        /// <param name="policy">The decisions of the board.</param>
        /// <param name="identity">Who the device is.</param>
        /// <param name="journal">The journal, open.</param>
        /// <param name="trust">Whom the device trusts, or null.</param>
        /// <param name="component">What is started.</param>
        /// <param name="slot">Its slot, verified.</param>
        /// <param name="isOnTrial">Whether it has yet to be confirmed.</param>
        internal BootContext(
            IBoard board,
            BootPolicy policy,
            DeviceIdentity identity,
            BootJournal journal,
            Authority[] trust,
            int component,
            Slot slot,
            bool isOnTrial)
        {
            Board = board;
            Policy = policy;
            Identity = identity;
            Journal = journal;
            Component = component;
            Trust = trust;
            RunningRegion = slot.Region.Id;
            RunningSequence = slot.Sequence;
            RunningId = slot.Id;
            _isOnTrial = isOnTrial;
        }

        /// <summary>Whether the running image has yet to be confirmed. Read by the supervisor's thread too.</summary>
        public bool IsOnTrial
        {
            get { return _isOnTrial; }
        }

        /// <summary>
        /// The image says that it works. The trial ends, and the floor rises to the image's sequence number: from
        /// here on no older image is accepted (A40).
        /// </summary>
        /// <returns>Ok, also when it was confirmed before; anything else: it is still on trial.</returns>
        public ResultCode Confirm()
        {
            if (!_isOnTrial)
            {
                return ResultCode.Ok;
            }

            ComponentState state = Journal.Components[Component];
            if (state.TrialId != RunningId || state.TrialSlot != RunningRegion)
            {
                // The journal speaks of another image: nothing that this one may confirm.
                return ResultCode.ImageRejected;
            }

            if (state.Floor < RunningSequence)
            {
                state.Floor = RunningSequence;
            }

            state.ConfirmedId = RunningId;
            state.ConfirmedSlot = RunningRegion;
            state.TrialId = 0;
            state.TrialSlot = RegionId.None;
            state.AttemptsLeft = 0;
            state.FailedId = 0;
            Journal.SetFailure(Component, ResultCode.Ok, RegionId.None, BootStage.None, 0);
            ResultCode result = Journal.Commit();
            if (result == ResultCode.Ok)
            {
                _isOnTrial = false;
                Board.Write(BootEvent.ImageConfirmed, RunningRegion, result, RunningSequence);
            }

            return result;
        }

        /// <summary>Restarts the device. Does not return.</summary>
        public void Restart()
        {
            Board.Write(BootEvent.Restarting, RunningRegion, ResultCode.RestartRequested, 0);
            Board.Restart();
        }
    }
}
