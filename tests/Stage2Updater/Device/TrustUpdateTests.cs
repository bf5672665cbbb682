// Trust updates end to end: roots sign a document, the real updater fetches it and brings it into force, the real stage 1
// goes by it. Images are played, and the server is in memory.

using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Emulator.Device;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.PowerFail;
using NanoBoot.Tests.Boot;

namespace NanoBoot.Stage2Updater.Tests.Device
{
    [TestClass]
    public sealed class TrustUpdateTests
    {
        private static readonly EcdsaSigningKey Keeper = EcdsaSigningKey.FromSeed("trust"u8, "keeper of the updater");
        private static readonly Authority[] Roots =
        [
            TrustBench.Root(TrustBench.RootA), TrustBench.Root(TrustBench.RootB), TrustBench.Root(TrustBench.RootC), BootBench.Trusted(Keeper, BootBench.Needed),
        ];

        private readonly Dictionary<string, byte[]> _files = new Dictionary<string, byte[]>();
        private readonly HashSet<string> _updaters = new HashSet<string>();
        private readonly BenchLoader _loader = new BenchLoader();
        private readonly EmulatedMemory _memory = BootBench.MakeMemory();
        private readonly EmulatedDevice _device;
        private readonly SignedImage _application = BootBench.MakeImage(BootBench.Application, 1);
        private readonly SignedImage _updater = BootBench.MakeImage(BootBench.Stage2, 1, key: Keeper);

        public TrustUpdateTests()
        {
            _device = new EmulatedDevice(_memory, TrustBench.MakePolicy(_loader, Roots));
            _loader.Behaviour = Play;
            _updaters.Add(_updater.Digest);
            BootBench.Install(_memory, RegionId.Stage2A, _updater);
            BootBench.Install(_memory, RegionId.ApplicationA, _application);
            BootJournal journal = BootBench.OpenJournal(_memory);
            Confirm(journal.Components[ComponentIndex.Stage2], _updater, RegionId.Stage2A);
            Confirm(journal.Components[ComponentIndex.Application], _application, RegionId.ApplicationA);
            BootBench.Demand(journal.Commit());
        }

        [TestCleanup]
        public void PrintTranscript()
        {
            foreach (TranscriptEntry entry in _device.Transcript)
            {
                Console.WriteLine(entry.Boot + ": " + entry.Event + " " + entry.Region + " " + entry.Result + " " + entry.Value);
            }
        }

        private ComponentState Trust => BootBench.OpenJournal(_memory).Components[ComponentIndex.Trust];

        private string Running => _loader.Entered[^1];

        [TestMethod]
        public void Update_KeyAdded_ItsReleasesAreInstalled()
        {
            SignedImage release = Release(BootBench.Application, 2, TrustBench.Successor);
            Session();
            Assert.AreEqual(_application.Digest, Running, "nobody knows the new key yet");

            SignedImage document = Serve(3, TrustBench.Document(Keeper, BootBench.Author, TrustBench.Successor), TrustBench.RootA);
            Session();

            Assert.AreEqual(document.Id, Trust.ConfirmedId);
            Assert.AreEqual(3, Trust.Floor);
            Assert.AreEqual(release.Digest, Running);
            AssertCopies(document, true, true);
        }

        [TestMethod]
        public void A31_Update_SignerExposed_IsRevokedAndItsApplicationReplaced()
        {
            Serve(3, TrustBench.Document(Keeper, TrustBench.Successor), TrustBench.RootA);
            SignedImage release = Release(BootBench.Application, 2, TrustBench.Successor);
            Session();
            Assert.AreEqual(release.Digest, Running);

            // Whoever has the exposed key signs on: newer than everything, and of no use.
            Release(BootBench.Application, 9, BootBench.Author);
            Session();
            Assert.AreEqual(release.Digest, Running);
            Assert.AreEqual(ResultCode.KeyUnknown, BootBench.Of(_device, BootEvent.ManifestRefused).Last().Result);
        }

        [TestMethod]
        public void A31_Run_ApplicationOfARevokedKeyAndNoSuccessorYet_WaitsForOne()
        {
            SignedImage document = Serve(3, TrustBench.Document(Keeper, TrustBench.Successor), TrustBench.RootA);
            Session();
            Assert.AreEqual(document.Id, Trust.ConfirmedId);
            Assert.AreEqual(_updater.Digest, Running, "the application does not start; the updater looks for another");

            SignedImage release = Release(BootBench.Application, 2, TrustBench.Successor);
            Session();

            Assert.AreEqual(release.Digest, Running);
        }

        [TestMethod]
        public void A31_Update_SameReleaseSignedAnew_StartsAgain()
        {
            Serve(3, TrustBench.Document(Keeper, TrustBench.Successor), TrustBench.RootA);
            Session();
            Envelope envelope = Envelope.Parse(_application.Envelope).RemoveAuthenticationBlocks();
            Publish(_application with { Envelope = envelope.Sign(TrustBench.Successor).Encode() });
            Session();

            Assert.AreEqual(_application.Digest, Running);
        }

        [TestMethod]
        public void A31_Update_RootExposed_IsRevokedByAnother()
        {
            byte[] withoutA = TrustBench.Writer(Keeper, BootBench.Author).RevokeRoot(TrustBench.RootA.PublicKey).Encode();
            SignedImage revocation = Serve(3, withoutA, TrustBench.RootB);
            Session();
            Assert.AreEqual(revocation.Id, Trust.ConfirmedId);

            Serve(4, TrustBench.Document(Keeper, BootBench.Author, BootBench.Stranger), TrustBench.RootA);
            Session();
            Assert.AreEqual(revocation.Id, Trust.ConfirmedId, "the revoked root has nothing to say any more");
            Assert.AreEqual(ResultCode.KeyUnknown, Trust.FailureCode);

            SignedImage next = Serve(4, TrustBench.Document(Keeper, BootBench.Author), TrustBench.RootB);
            Session();
            Assert.AreEqual(next.Id, Trust.ConfirmedId);
        }

        [TestMethod]
        public void A67_Update_LastRootRevoked_Refused()
        {
            byte[] document = TrustBench.Writer(Keeper).RevokeRoot(TrustBench.RootA.PublicKey).RevokeRoot(TrustBench.RootB.PublicKey)
                .RevokeRoot(TrustBench.RootC.PublicKey).Encode();
            Serve(3, document, TrustBench.RootA, TrustBench.RootB, TrustBench.RootC);
            AssertRefused(ResultCode.TrustRootsMissing);
        }

        [TestMethod]
        public void A67_Update_RootRevokesItself_Refused()
        {
            Serve(3, TrustBench.Writer(Keeper).RevokeRoot(TrustBench.RootA.PublicKey).Encode(), TrustBench.RootA);
            AssertRefused(ResultCode.TrustRootsMissing);
        }

        [TestMethod]
        public void A11_Update_Threshold_TakesDifferentRoots()
        {
            _device.Policy.RootsNeeded = 2;
            byte[] document = TrustBench.Document(Keeper, BootBench.Author);
            Serve(3, document, TrustBench.RootA);
            AssertRefused(ResultCode.TrustRootsMissing, isWritten: false);
            Serve(4, document, TrustBench.RootA, TrustBench.RootA);
            AssertRefused(ResultCode.TrustRootsMissing, isWritten: false);
            Serve(5, document, TrustBench.RootA, BootBench.Author);
            AssertRefused(ResultCode.TrustRootsMissing);

            SignedImage signed = Serve(6, document, TrustBench.RootC, TrustBench.RootA);
            Session();
            Assert.AreEqual(signed.Id, Trust.ConfirmedId);
        }

        [TestMethod]
        public void Update_SignedByNoRoot_Refused()
        {
            Serve(3, TrustBench.Document(Keeper, BootBench.Author), BootBench.Author);
            AssertRefused(ResultCode.SuitPermissionDenied, isWritten: false);
        }

        [TestMethod]
        public void A2_Update_OlderDocument_Refused()
        {
            byte[] bytes = TrustBench.Document(Keeper, BootBench.Author);
            SignedImage document = Serve(3, bytes, TrustBench.RootA);
            Session();

            Serve(2, TrustBench.Document(Keeper, BootBench.Author, BootBench.Stranger), TrustBench.RootA);
            AssertRefused(ResultCode.SuitSequenceTooOld, document, isWritten: false);
            Serve(3, TrustBench.Document(Keeper, BootBench.Author, BootBench.Stranger), TrustBench.RootA);
            AssertRefused(ResultCode.SuitSequenceTooOld, document, isWritten: false);
        }

        [TestMethod]
        public void A67_Update_UpdaterOnTrial_LeavesTheTrustAlone()
        {
            SignedImage successor = BootBench.MakeImage(BootBench.Stage2, 2, key: Keeper);
            _updaters.Add(successor.Digest);
            BootBench.Install(_memory, RegionId.Stage2B, successor);
            Serve(3, TrustBench.Document(Keeper, BootBench.Author), TrustBench.RootA);

            Session();
            Assert.AreEqual(successor.Id, BootBench.OpenJournal(_memory).Components[ComponentIndex.Stage2].ConfirmedId, "it ran, and proved itself");
            Assert.AreEqual(0, Trust.ConfirmedId);

            Session();
            Assert.AreNotEqual(0, Trust.ConfirmedId);
        }

        [TestMethod]
        public void Update_DocumentWithoutTheUpdatersSigner_RefusedOnce()
        {
            Serve(3, TrustBench.Document(BootBench.Author), TrustBench.RootA);
            AssertRefused(ResultCode.TrustWouldLockOut);
            int installs = BootBench.Of(_device, BootEvent.InstallStarted).Count();

            Session();

            Assert.AreEqual(installs, BootBench.Of(_device, BootEvent.InstallStarted).Count(), "it is not fetched a second time");
            Assert.AreEqual(_application.Digest, Running);
        }

        [TestMethod]
        public void Update_UpdaterOfTheNewSigner_ThenTheOldOneMayGo()
        {
            Serve(3, TrustBench.Document(Keeper, BootBench.Author, TrustBench.Successor), TrustBench.RootA);
            SignedImage successor = Release(BootBench.Stage2, 2, TrustBench.Successor);
            _updaters.Add(successor.Digest);
            Session();
            SignedImage document = Serve(4, TrustBench.Document(BootBench.Author, TrustBench.Successor), TrustBench.RootA);
            Session();

            Assert.AreEqual(document.Id, Trust.ConfirmedId);
            Assert.AreEqual(_application.Digest, Running);
        }

        [TestMethod]
        [DataRow(RegionId.Trust, 0)]
        [DataRow(RegionId.Trust, 2)]
        [DataRow(RegionId.TrustB, 1)]
        [DataRow(RegionId.TrustB, 2)]
        public void A71_Update_OneCopyDamaged_IsWrittenAgain(RegionId damaged, int part)
        {
            SignedImage document = Serve(3, TrustBench.Document(Keeper, BootBench.Author), TrustBench.RootA);
            Session();
            TrustBench.Damage(_memory, damaged, part);
            AssertCopies(document, damaged != RegionId.Trust, damaged != RegionId.TrustB);

            Session();

            AssertCopies(document, true, true);
            Assert.AreEqual(_application.Digest, Running);
        }

        [TestMethod]
        [DataRow(false)]
        [DataRow(true)]
        public void Run_BothCopiesDamaged_ConfirmedUpdaterMendsThem(bool isNewer)
        {
            Serve(3, TrustBench.Document(Keeper, TrustBench.Successor), TrustBench.RootA);
            SignedImage release = Release(BootBench.Application, 2, TrustBench.Successor);
            Session();
            TrustBench.Damage(_memory, RegionId.Trust, 2);
            TrustBench.Damage(_memory, RegionId.TrustB, 0);
            SignedImage document = Serve(isNewer ? 4 : 3, TrustBench.Document(Keeper, TrustBench.Successor), TrustBench.RootA);
            _loader.Entered.Clear();

            // Nobody asks for an update.
            _device.Run();

            Assert.AreEqual(_updater.Digest, _loader.Entered[0]);
            Assert.AreEqual(release.Digest, Running);
            Assert.HasCount(2, _loader.Entered, "the application did not start before the trust was whole");
            AssertCopies(document, true, true);
        }

        [TestMethod]
        public void Run_BothCopiesDamagedAndOnlyAnOlderDocument_StaysAndAsksAgain()
        {
            Serve(3, TrustBench.Document(Keeper, BootBench.Author), TrustBench.RootA);
            Session();
            TrustBench.Damage(_memory, RegionId.Trust, 2);
            TrustBench.Damage(_memory, RegionId.TrustB, 2);
            Serve(2, TrustBench.Document(Keeper, BootBench.Author, BootBench.Stranger), TrustBench.RootA);
            Release(BootBench.Application, 2, BootBench.Author);
            _loader.Entered.Clear();

            _device.Run();

            Assert.IsTrue(_loader.Entered.All(_updaters.Contains), "the updater installs nothing else, and nothing else runs");
            Assert.AreEqual(3, Trust.Floor);
            Assert.IsFalse(BootBench.Of(_device, BootEvent.InstallCompleted).Any(entry => entry.Region == RegionId.ApplicationB));
        }

        /// <summary>A board's own key signs the updater: but whether the lost document revoked it, nobody knows until one is back.</summary>
        [TestMethod]
        public void A31_Run_BothCopiesLostAndNewUpdaterOffered_LeavesItAloneUntilTheTrustIsBack()
        {
            Serve(3, TrustBench.Document(Keeper, BootBench.Author), TrustBench.RootA);
            Session();
            TrustBench.Damage(_memory, RegionId.Trust, 2);
            TrustBench.Damage(_memory, RegionId.TrustB, 2);
            _files.Remove("/manifests/trust.suit");
            SignedImage successor = Release(BootBench.Stage2, 2, Keeper);
            _updaters.Add(successor.Digest);
            _loader.Entered.Clear();

            _device.Run();

            Assert.IsTrue(_loader.Entered.Count > 0 && _loader.Entered.All(digest => digest == _updater.Digest), "the confirmed updater alone");
            Assert.AreEqual(ResultCode.SlotEmpty, BootBench.SlotOf(_memory, RegionId.Stage2B).Open(), "nothing is installed");

            Serve(4, TrustBench.Document(Keeper, BootBench.Author), TrustBench.RootA);
            _device.Run();
            Session();

            Assert.Contains(successor.Digest, _loader.Entered);
            Assert.AreEqual(2, BootBench.OpenJournal(_memory).Components[ComponentIndex.Stage2].Floor);
            Assert.AreEqual(_application.Digest, Running);
        }

        [TestMethod]
        public void Update_NothingNew_WritesNoTrust()
        {
            SignedImage document = Serve(3, TrustBench.Document(Keeper, BootBench.Author), TrustBench.RootA);
            Session();
            int completed = BootBench.Of(_device, BootEvent.InstallCompleted).Count();
            Assert.AreEqual(2, completed, "two copies");

            Session();

            Assert.AreEqual(completed, BootBench.Of(_device, BootEvent.InstallCompleted).Count());
            Assert.AreEqual(document.Id, Trust.ConfirmedId);
        }

        [TestMethod]
        [DataRow("garbage", ResultCode.TrustDocumentInvalid)]
        [DataRow("permission", ResultCode.TrustDocumentInvalid)]
        [DataRow("key id twice", ResultCode.TrustDocumentInvalid)]
        [DataRow("too large", ResultCode.PayloadTooLarge)]
        public void Update_WhatNoDocumentIs_RefusedAndTheFormerStays(string what, ResultCode expected)
        {
            SignedImage former = Serve(3, TrustBench.Document(Keeper, BootBench.Author), TrustBench.RootA);
            Session();
            Authority author = BootBench.Trusted(BootBench.Author, BootBench.Needed);
            byte[] document = what switch
            {
                "garbage" => [1, 2, 3],
                "permission" => TrustBench.Writer(Keeper).Add(BootBench.Trusted(BootBench.Author, (Permissions)0x7F)).EncodeUnchecked(),
                "key id twice" => TrustBench.Writer(Keeper).Add(author).Add(author).EncodeUnchecked(),
                _ => new byte[TrustDocument.BytesMax + 1],
            };
            Serve(4, document, TrustBench.RootA);

            AssertRefused(expected, former);
        }

        [TestMethod]
        public void A23_Update_ServerGivesAnotherDocument_Refused()
        {
            SignedImage document = Serve(3, TrustBench.Document(Keeper, BootBench.Author), TrustBench.RootA);
            _files["/trust-3.bin"] = TrustBench.Document(Keeper, BootBench.Stranger);
            Assert.AreNotEqual(0, document.Id);
            AssertRefused(ResultCode.PayloadChunkMismatch, isWritten: false);
        }

        private static void Confirm(ComponentState state, SignedImage image, RegionId slot)
        {
            state.ConfirmedId = image.Id;
            state.ConfirmedSlot = slot;
            state.Floor = image.Sequence;
        }

        private void Play(BootContext boot, string digest)
        {
            if (_updaters.Contains(digest))
            {
                new Updater(boot, new MemoryServer(_files), null!).Run();
            }

            BenchLoader.ConfirmAndSleep(boot);
        }

        // Someone asks for an update, and the device runs until nothing happens any more.
        private void Session()
        {
            BootJournal journal = BootBench.OpenJournal(_memory);
            journal.UpdateRequest = 1;
            BootBench.Demand(journal.Commit());
            BoardEnd end = _device.Run();
            Assert.AreEqual(BoardEnd.Sleeping, end, _device.Escaped?.ToString());
        }

        private SignedImage Serve(long sequence, byte[] document, params SigningKey[] roots)
        {
            return Publish(TrustBench.Sign(sequence, document, roots));
        }

        private SignedImage Release(string component, long sequence, SigningKey key)
        {
            byte[] payload = BootBench.FakeAssembly(3000, (int)sequence + component.Length);
            ManifestBuilder builder = BootBench.MakeBuilder(component, sequence, payload);
            builder.Components[0].Uris.Add("/" + component + "-" + sequence + ".bin");
            return Publish(BootBench.Sign(builder, payload, key));
        }

        private SignedImage Publish(SignedImage image)
        {
            _files["/manifests/" + image.Component + ".suit"] = image.Envelope;
            _files["/" + image.Component + "-" + image.Sequence + ".bin"] = image.Payload;
            return image;
        }

        private void AssertCopies(SignedImage document, params bool[] isGood)
        {
            for (int i = 0; i < 2; i++)
            {
                Slot slot = BootBench.SlotOf(_memory, i == 0 ? RegionId.Trust : RegionId.TrustB, BootBench.TrustEnvelopeBytes);
                byte[] payload = new byte[document.Payload.Length];
                BootBench.Demand(slot.Region.Read(slot.PayloadOffset, payload, 0, payload.Length));
                bool isWhole = slot.Open() == ResultCode.Ok && slot.IsSealed && slot.Id == document.Id
                    && slot.ReadBody(out byte[] envelope) == ResultCode.Ok && document.Envelope.AsSpan().IndexOf(envelope.AsSpan(1)) >= 0
                    && payload.AsSpan().SequenceEqual(document.Payload);
                Assert.AreEqual(isGood[i], isWhole, "copy " + i);
            }
        }

        private void AssertRefused(ResultCode expected, SignedImage? former = null, bool isWritten = true)
        {
            int completed = BootBench.Of(_device, BootEvent.InstallCompleted).Count();

            Session();

            TranscriptEntry refusal = _device.Transcript.Last(entry => entry.Event is BootEvent.ManifestRefused or BootEvent.InstallFailed);
            Assert.AreEqual(expected, refusal.Result);
            Assert.AreEqual(expected, Trust.FailureCode);
            Assert.AreEqual(former?.Id ?? 0, Trust.ConfirmedId);
            Assert.AreEqual(former?.Sequence ?? 0, Trust.Floor);
            Assert.AreEqual(_application.Digest, Running, "the application runs on");
            Assert.IsTrue(isWritten || completed == BootBench.Of(_device, BootEvent.InstallCompleted).Count(), "nothing is written");
        }
    }
}
