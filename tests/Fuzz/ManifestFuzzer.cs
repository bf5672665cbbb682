// One case: an input, through stage 1's path and through the updater's, and what must hold whatever the input is.
//
//  1. No exception.
//  2. It ends: the device is asked no more often than the command budget allows. (The runner watches the clock as well.)
//  3. Memory: no more than a named limit is allocated, whatever lengths the input claims.
//  4. Without the key, nothing is authenticated but the very bytes that were signed, and no severed element is taken that
//     differs from the one whose digest was signed.
//  5. What is parsed as a manifest is in deterministic form: an encoder written apart writes the same bytes back.
//  6. Nothing is started without an image-match for the digest that is set, nothing changed by stage 1.

using System;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;
using NanoBoot.Stage2Updater.Suit;
using NanoBoot.Tests.Shared;

namespace NanoBoot.Fuzz
{
    /// <summary>Runs cases.</summary>
    public sealed class ManifestFuzzer
    {
        /// <summary>What stage 1's path may allocate for one envelope, on the desktop, the input not counted.</summary>
        public const long MaxStage1Bytes = 16 * 1024;

        /// <summary>What the updater's path may allocate: up to six manifests.</summary>
        public const long MaxUpdaterBytes = 128 * 1024;

        private const int Sections = 3;
        private const int MaxCalls = Sections * (SuitProcessor.MaxCommands * SuitManifest.MaxComponents + SuitManifest.MaxComponents);

        private readonly Corpus _corpus = new();
        private readonly Mutator _mutator;
        private readonly Authority[] _trust =
            [new Authority(null, CoseAlgorithm.Hmac256, ManifestMaker.MacKey, (Permissions)127, null, null)];

        /// <summary>Makes the fuzzer, and the envelopes that it starts from.</summary>
        public ManifestFuzzer()
        {
            _mutator = new Mutator(_corpus);
        }

        /// <summary>How many envelopes were authenticated.</summary>
        public long Authenticated { get; private set; }

        /// <summary>How many manifests were parsed.</summary>
        public long Parsed { get; private set; }

        /// <summary>How many ran to the start of an image.</summary>
        public long Started { get; private set; }

        /// <summary>How many passed the updater's rehearsal.</summary>
        public long Rehearsed { get; private set; }

        /// <summary>The most that stage 1's path allocated.</summary>
        public long MostStage1Bytes { get; private set; }

        /// <summary>The most that the updater's path allocated.</summary>
        public long MostUpdaterBytes { get; private set; }

        /// <summary>The input of a case.</summary>
        /// <param name="seed">The seed of the run.</param>
        /// <param name="number">The number of the case.</param>
        /// <param name="isSigned">Whether its manifest was signed again, with the right key.</param>
        public byte[] Input(ulong seed, ulong number, out bool isSigned) => _mutator.Make(new FuzzRandom(seed, number), out isSigned);

        /// <summary>The originals must be accepted as they are: else the fuzzer tests nothing.</summary>
        public string? CheckCorpus()
        {
            foreach (byte[] envelope in _corpus.Envelopes)
            {
                string? failure = Run(envelope, false);
                if (failure is not null)
                {
                    return failure;
                }
            }

            return Authenticated < _corpus.Envelopes.Length || Parsed < _corpus.Envelopes.Length || Rehearsed < 5 || Started < 2
                ? "the originals are not accepted: " + Authenticated + ", " + Parsed + ", " + Rehearsed + ", " + Started
                : null;
        }

        /// <summary>Runs a case.</summary>
        /// <param name="seed">The seed of the run.</param>
        /// <param name="number">The number of the case.</param>
        /// <returns>What was broken, or null.</returns>
        public string? Run(ulong seed, ulong number)
        {
            byte[] input = Input(seed, number, out bool isSigned);
            try
            {
                return Run(input, isSigned);
            }
            catch (Exception exception)
            {
                return exception.ToString();
            }
        }

        private string? Run(byte[] input, bool isSigned)
        {
            var device = new FuzzDevice();
            long before = GC.GetAllocatedBytesForCurrentThread();
            ResultCode result = RunStage1(input, device, out SuitEnvelope envelope, out bool isParsed);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            MostStage1Bytes = Math.Max(MostStage1Bytes, allocated);
            bool isAuthentic = envelope.DigestOffset != 0;
            Authenticated += isAuthentic ? 1 : 0;
            Parsed += isParsed ? 1 : 0;
            Started += device.Invocations > 0 ? 1 : 0;
            if (allocated > MaxStage1Bytes)
            {
                return "stage 1 allocated " + allocated + " bytes";
            }

            if (device.Calls > MaxCalls || device.Changes > 0)
            {
                return "calls: " + device.Calls + ", changes: " + device.Changes;
            }

            if (isAuthentic && CheckAuthentic(input, envelope, isSigned, isParsed) is string failure)
            {
                return failure;
            }

            if (result == ResultCode.Ok && !isParsed)
            {
                return "Ok without a manifest";
            }

            return RunUpdater(input, isAuthentic, isParsed);
        }

        private ResultCode RunStage1(byte[] input, FuzzDevice device, out SuitEnvelope envelope, out bool isParsed)
        {
            envelope = new SuitEnvelope();
            isParsed = false;
            ResultCode result = envelope.Parse(input, 0, input.Length);
            if (result != ResultCode.Ok)
            {
                return result;
            }

            result = new SuitAuthenticator().Authenticate(envelope, _trust, true);
            if (result != ResultCode.Ok)
            {
                return result;
            }

            var manifest = new SuitManifest();
            result = manifest.Parse(envelope);
            if (result != ResultCode.Ok)
            {
                return result;
            }

            isParsed = true;
            var processor = new SuitProcessor();
            result = processor.Open(manifest, device);
            for (int section = SuitElement.Validate; section <= SuitElement.Invoke && result == ResultCode.Ok; section++)
            {
                result = processor.RunSection(section);
            }

            return result;
        }

        private string? CheckAuthentic(byte[] input, SuitEnvelope envelope, bool isSigned, bool isParsed)
        {
            int element = envelope.FindElement(SuitElement.Manifest);
            byte[] manifest = input.AsSpan(envelope.Offsets[element], envelope.Counts[element]).ToArray();
            if (!isSigned && !_corpus.SignedManifests.Contains(Convert.ToHexString(manifest)))
            {
                return "ACCEPTED a manifest that nobody signed";
            }

            if (isParsed)
            {
                CborTree tree = CborTree.TryParse(manifest, false)!;
                int common = 0;
                while (tree.Items[common].Argument != SuitElement.Common)
                {
                    common += 2;
                }

                if (!CborTree.IsDeterministic(manifest) || !CborTree.IsDeterministic(tree.Items[common + 1].Content))
                {
                    return "parsed a manifest that is not in deterministic form";
                }
            }

            return null;
        }

        private string? RunUpdater(byte[] input, bool isAuthentic, bool isParsed)
        {
            var device = new FuzzDevice();
            long before = GC.GetAllocatedBytesForCurrentThread();
            var tree = new ManifestTree(_trust, true, device);
            ResultCode result = tree.Open(input, 0, input.Length);
            Rehearsed += result == ResultCode.Ok ? 1 : 0;
            if (device.Changes > 0)
            {
                return "the rehearsal changed something";
            }

            if (result == ResultCode.Ok && !(isAuthentic && isParsed))
            {
                return "the updater takes what stage 1 does not";
            }

            int[] sections = [SuitElement.DependencyResolution, SuitElement.PayloadFetch, SuitElement.CandidateVerification, SuitElement.Install, SuitElement.Validate, SuitElement.Uninstall];
            for (int i = 0; i < sections.Length && result == ResultCode.Ok; i++)
            {
                result = tree.RunSection(sections[i]);
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            MostUpdaterBytes = Math.Max(MostUpdaterBytes, allocated);
            if (result == ResultCode.Ok)
            {
                for (int i = 0; i < tree.Root.Envelope.ElementCount; i++)
                {
                    int key = tree.Root.Envelope.Keys[i];
                    if (key > SuitElement.Manifest && tree.Root.Manifest.FindSection(key, out _, out _) != ResultCode.Ok)
                    {
                        return "a severed element with a wrong digest was taken";
                    }
                }
            }

            return allocated > MaxUpdaterBytes ? "the updater allocated " + allocated + " bytes" : null;
        }
    }
}
