// The loader of the simulator: it recognises the image by its bytes - the very bytes that stage 1 verified and hands
// over - and plays what the scenario says. No code of an image is loaded, so a boot costs what stage 1 costs.

using System;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;

namespace NanoBoot.PowerFail
{
    /// <summary>Plays images.</summary>
    internal sealed class PlayLoader : AssemblyLoader
    {
        private readonly Scenario _scenario;
        private readonly Action<BootContext, PlayedImage?> _enter;
        private PlayedImage? _image;

        internal PlayLoader(Scenario scenario, Action<BootContext, PlayedImage?> enter)
        {
            _scenario = scenario;
            _enter = enter;
        }

        public override ResultCode Load(ImageVerifier image)
        {
            _image = null;
            foreach (PlayedImage played in _scenario.Images)
            {
                if (IsSame(image, played.Image.Payload))
                {
                    _image = played;
                    break;
                }
            }

            return ResultCode.Ok;
        }

        public override void Enter(BootContext boot)
        {
            _enter(boot, _image);
        }

        private static bool IsSame(ImageVerifier verified, byte[] payload)
        {
            int at = 0;
            for (int i = 0; i < verified.AssemblyCount; i++)
            {
                byte[] assembly = verified.Assemblies[i];
                if (assembly.Length > payload.Length - at || !assembly.AsSpan().SequenceEqual(payload.AsSpan(at, assembly.Length)))
                {
                    return false;
                }

                at += assembly.Length;
            }

            return at == payload.Length;
        }
    }
}
