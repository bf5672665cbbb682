// The numbers that only the updater knows: draft-ietf-suit-manifest-37, -trust-domains-11, -update-management-14,
// -firmware-encryption-24. Constants only: they take no room in an assembly.

namespace NanoBoot.Stage2Updater.Suit
{
    /// <summary>Numbers of commands beyond those of stage 1.</summary>
    public static class UpdateCommand
    {
        /// <summary>Condition: the time is before the parameter's.</summary>
        public const int UseBefore = 4;

        /// <summary>Condition: signature and digest of a dependency. A failure ends the run.</summary>
        public const int DependencyIntegrity = 7;

        /// <summary>Condition: the index is that of a dependency.</summary>
        public const int IsDependency = 8;

        /// <summary>Directive: run the present section of a dependency.</summary>
        public const int ProcessDependency = 11;

        /// <summary>Directive: write the parameter content.</summary>
        public const int Write = 18;

        /// <summary>Directive: fetch from the parameter uri.</summary>
        public const int Fetch = 21;

        /// <summary>Directive: copy from the source component.</summary>
        public const int Copy = 22;

        /// <summary>Condition: the image is not the one of the digest.</summary>
        public const int ImageNotMatch = 25;

        /// <summary>Condition: energy left.</summary>
        public const int MinimumBattery = 26;

        /// <summary>Condition: an update of this priority is authorised.</summary>
        public const int UpdateAuthorized = 27;

        /// <summary>Condition: version of what is installed.</summary>
        public const int Version = 28;

        /// <summary>Directive: wait for events.</summary>
        public const int Wait = 29;

        /// <summary>Directive: exchange with the source component.</summary>
        public const int Swap = 31;

        /// <summary>Directive: the component is no longer needed.</summary>
        public const int Unlink = 33;

        /// <summary>Directive: set parameters of several components.</summary>
        public const int OverrideMultiple = 34;

        /// <summary>Directive: take parameters over from other components.</summary>
        public const int CopyParameters = 35;
    }

    /// <summary>Numbers of parameters beyond those of stage 1.</summary>
    public static class UpdateParameter
    {
        /// <summary>Seconds since 1970.</summary>
        public const int UseBefore = 4;

        /// <summary>COSE_Encrypt of the payload's key.</summary>
        public const int EncryptionInfo = 19;

        /// <summary>Arguments for fetch.</summary>
        public const int FetchArguments = 25;

        /// <summary>Energy in milliwatt hours.</summary>
        public const int MinimumBattery = 26;

        /// <summary>Priority: the smaller, the more urgent.</summary>
        public const int UpdatePriority = 27;

        /// <summary>Comparison and version.</summary>
        public const int Version = 28;

        /// <summary>Events to wait for.</summary>
        public const int WaitInfo = 29;

        /// <summary>Owner, permissions and times of a component that is a file.</summary>
        public const int ComponentMetadata = 30;
    }

    /// <summary>Events of wait-info.</summary>
    public static class WaitEvent
    {
        /// <summary>The update is authorised; value: priority.</summary>
        public const int Authorization = 1;

        /// <summary>There is power; value: the state that is needed, 1 for external power.</summary>
        public const int Power = 2;

        /// <summary>There is a network; value: the state that is needed, 1 for connected.</summary>
        public const int Network = 3;

        /// <summary>Another device has a version; value: [device id, [version match, ...]].</summary>
        public const int OtherDeviceVersion = 4;

        /// <summary>A time has come; value: seconds since 1970.</summary>
        public const int Time = 5;

        /// <summary>A time of day has come; value: seconds since midnight, local time.</summary>
        public const int TimeOfDay = 6;

        /// <summary>A day of the week has come; value: days since Sunday, local time.</summary>
        public const int DayOfWeek = 7;

        /// <summary>A time of day has come, UTC.</summary>
        public const int TimeOfDayUtc = 8;

        /// <summary>A day of the week has come, UTC.</summary>
        public const int DayOfWeekUtc = 9;
    }
}
