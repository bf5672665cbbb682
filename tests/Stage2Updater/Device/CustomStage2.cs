// An updater with other parts than stage 2's own entry gives it, as the entry of another bundle would make it.

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

        public override ResultCode Load(AssemblyBundle bundle, string typeName, string methodName)
        {
            _isStage2 = typeName == "NanoBoot.Stage2Updater.Program";
            return _isStage2 ? ResultCode.Ok : base.Load(bundle, typeName, methodName);
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
}
