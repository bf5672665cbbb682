// Images that are delegates of a test: an updater with other parts than its own entry gives it, as the entry of another
// bundle would make it, and an application that tries one thing.

using System;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;

namespace NanoBoot.Stage2Updater.Tests.Device
{
    /// <summary>Runs a delegate where stage 2 would be entered; everything else as ever.</summary>
    internal sealed class CustomStage2 : AssemblyLoader
    {
        private readonly Action<BootContext> _run;
        private bool _isStage2;

        public CustomStage2(Action<BootContext> run)
        {
            _run = run;
        }

        public override ResultCode Load(ImageVerifier image)
        {
            _isStage2 = image.TypeName == "NanoBoot.Stage2Updater.Program";
            return _isStage2 ? ResultCode.Ok : base.Load(image);
        }

        public override void Enter(BootContext boot)
        {
            if (_isStage2)
            {
                _run(boot);
            }
            else
            {
                base.Enter(boot);
            }
        }
    }

    /// <summary>Runs a delegate where the application would be entered; everything else as ever.</summary>
    internal sealed class CustomApplication : AssemblyLoader
    {
        private readonly Action<BootContext> _run;

        public CustomApplication(Action<BootContext> run)
        {
            _run = run;
        }

        public override void Enter(BootContext boot)
        {
            if (boot.Component == ComponentIndex.Application)
            {
                _run(boot);
            }
            else
            {
                base.Enter(boot);
            }
        }
    }
}
