// Stage 1 with a trust document in force: whom it trusts, and what it does when the document is damaged.

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

namespace NanoBoot.Tests.Boot
{
    [TestClass]
    public sealed class TrustTests
    {
        private readonly BenchLoader _loader = new BenchLoader { Behaviour = (boot, _) => BenchLoader.ConfirmAndSleep(boot) };
        private readonly SignedImage _old = BootBench.MakeImage(BootBench.Application, 1);
        private readonly SignedImage _new = BootBench.MakeImage(BootBench.Application, 2, key: TrustBench.Successor);
        private readonly SignedImage _stage2 = BootBench.MakeImage(BootBench.Stage2, 1);
        private readonly EmulatedMemory _memory = BootBench.MakeMemory(isGolden: true);
        private readonly EmulatedDevice _device;

        public TrustTests()
        {
            _device = new EmulatedDevice(_memory, TrustBench.MakePolicy(_loader));
        }

        [TestCleanup]
        public void PrintTranscript()
        {
            foreach (TranscriptEntry entry in _device.Transcript)
            {
                Console.WriteLine(entry.Boot + ": " + entry.Event + " " + entry.Region + " " + entry.Result + " " + entry.Value);
            }
        }

        private ComponentState State(int component) => BootBench.OpenJournal(_memory).Components[component];

        [TestMethod]
        public void Run_NoDocument_FactoryTrustCounts()
        {
            BootBench.Install(_memory, RegionId.ApplicationA, _old);
            BootBench.Install(_memory, RegionId.ApplicationB, _new);

            Assert.AreEqual(BoardEnd.Sleeping, _device.Run());

            CollectionAssert.AreEqual(new[] { _old.Digest }, _loader.Entered);
        }

        [TestMethod]
        public void A31_Run_SignerRotated_OldRefusedNewAccepted()
        {
            TrustBench.PutInForce(_memory, TrustBench.Sign(5, TrustBench.Document(TrustBench.Successor), TrustBench.RootA));
            BootBench.Install(_memory, RegionId.ApplicationA, _old with { Sequence = 1 });
            Assert.AreEqual(BoardEnd.Stopped, _device.Run());
            Assert.AreEqual(ResultCode.KeyUnknown, State(ComponentIndex.Application).FailureCode);
            Assert.IsEmpty(_loader.Entered);

            BootBench.Install(_memory, RegionId.ApplicationB, _new);
            Assert.AreEqual(BoardEnd.Sleeping, _device.Run());

            CollectionAssert.AreEqual(new[] { _new.Digest }, _loader.Entered);
        }

        [TestMethod]
        public void A31_Run_ConfirmedImageOfARevokedSigner_DoesNotStart()
        {
            BootBench.Install(_memory, RegionId.ApplicationA, _old);
            Assert.AreEqual(BoardEnd.Sleeping, _device.Run());
            Assert.AreEqual(_old.Id, State(ComponentIndex.Application).ConfirmedId);

            TrustBench.PutInForce(_memory, TrustBench.Sign(5, TrustBench.Document(TrustBench.Successor), TrustBench.RootA));

            Assert.AreEqual(BoardEnd.Stopped, _device.Run());
            Assert.HasCount(1, _loader.Entered);
        }

        [TestMethod]
        public void A31_Run_RootRevoked_SignsNoImageAnyMore()
        {
            Authority[] roots = [TrustBench.Root(TrustBench.RootA, BootBench.Needed), TrustBench.Root(TrustBench.RootB, BootBench.Needed)];
            _device.Policy = TrustBench.MakePolicy(_loader, roots);
            byte[] document = TrustBench.Writer().RevokeRoot(TrustBench.RootA.PublicKey).Encode();
            TrustBench.PutInForce(_memory, TrustBench.Sign(5, document, TrustBench.RootB));
            SignedImage ofTheRevoked = BootBench.MakeImage(BootBench.Application, 3, key: TrustBench.RootA);
            SignedImage ofTheOther = BootBench.MakeImage(BootBench.Application, 2, key: TrustBench.RootB);
            BootBench.Install(_memory, RegionId.ApplicationA, ofTheRevoked);
            BootBench.Install(_memory, RegionId.ApplicationB, ofTheOther);

            Assert.AreEqual(BoardEnd.Sleeping, _device.Run());

            CollectionAssert.AreEqual(new[] { ofTheOther.Digest }, _loader.Entered);
        }

        [TestMethod]
        public void A67_Run_DocumentThatTheJournalDoesNotName_HasNoEffect()
        {
            BootBench.Install(_memory, RegionId.ApplicationA, _old);
            SignedImage document = TrustBench.Sign(5, TrustBench.Document(TrustBench.Successor), TrustBench.RootA);
            BootBench.Install(_memory, RegionId.Trust, document, BootBench.TrustEnvelopeBytes);
            BootBench.Install(_memory, RegionId.TrustB, document, BootBench.TrustEnvelopeBytes);

            Assert.AreEqual(BoardEnd.Sleeping, _device.Run());

            CollectionAssert.AreEqual(new[] { _old.Digest }, _loader.Entered);
            Assert.AreEqual(0, State(ComponentIndex.Trust).ConfirmedId);
        }

        [TestMethod]
        [DataRow(RegionId.Trust, 0)]
        [DataRow(RegionId.Trust, 1)]
        [DataRow(RegionId.Trust, 2)]
        [DataRow(RegionId.TrustB, 0)]
        [DataRow(RegionId.TrustB, 1)]
        [DataRow(RegionId.TrustB, 2)]
        public void A71_Run_OneCopyDamaged_TheOtherCounts(RegionId damaged, int part)
        {
            TrustBench.PutInForce(_memory, TrustBench.Sign(5, TrustBench.Document(TrustBench.Successor), TrustBench.RootA));
            TrustBench.Damage(_memory, damaged, part);
            BootBench.Install(_memory, RegionId.ApplicationA, _old);
            BootBench.Install(_memory, RegionId.ApplicationB, _new);

            Assert.AreEqual(BoardEnd.Sleeping, _device.Run());

            CollectionAssert.AreEqual(new[] { _new.Digest }, _loader.Entered);
            ResultCode recorded = State(ComponentIndex.Trust).FailureCode;
            Assert.AreEqual(part == 0 || damaged == RegionId.TrustB, recorded != ResultCode.Ok, recorded + ": what is looked at first is recorded");
        }

        [TestMethod]
        public void Run_BothCopiesDamaged_OnlyTheConfirmedUpdaterStarts()
        {
            // A factory key that the document revoked signed all of these; only the confirmed updater may run all the same.
            BootBench.Install(_memory, RegionId.ApplicationA, _old);
            _device.Run();
            BootBench.Install(_memory, RegionId.Stage2A, _stage2);
            BootJournal journal = BootBench.OpenJournal(_memory);
            journal.UpdateRequest = 1;
            journal.Commit();
            _device.Run();
            Assert.AreEqual(_stage2.Id, State(ComponentIndex.Stage2).ConfirmedId);
            SignedImage successor = BootBench.MakeImage(BootBench.Stage2, 7);
            BootBench.Install(_memory, RegionId.Stage2B, successor);
            BootBench.Install(_memory, RegionId.Golden, BootBench.MakeImage(BootBench.Stage2, 9));
            TrustBench.PutInForce(_memory, TrustBench.Sign(5, TrustBench.Document(TrustBench.Successor), TrustBench.RootA));
            TrustBench.Damage(_memory, RegionId.Trust, 1);
            TrustBench.Damage(_memory, RegionId.TrustB, 2);
            _loader.Entered.Clear();
            var trusts = new List<Authority[]>();
            _loader.Behaviour = (boot, _) =>
            {
                trusts.Add(boot.Trust);
                BenchLoader.Sleep(boot);
            };

            Assert.AreEqual(BoardEnd.Sleeping, _device.Run());
            long operations = _memory.Power.OperationCount;
            Assert.AreEqual(BoardEnd.Sleeping, _device.Run());

            CollectionAssert.AreEqual(new[] { _stage2.Digest, _stage2.Digest }, _loader.Entered);
            CollectionAssert.AreEqual(new Authority[]?[] { null, null }, trusts);
            Assert.AreEqual(ResultCode.TrustInvalid, State(ComponentIndex.Trust).FailureCode);
            Assert.AreEqual(operations, _memory.Power.OperationCount, "recorded once");
        }

        [TestMethod]
        public void Run_BothCopiesDamagedAndNoUpdater_StopsAndSaysWhy()
        {
            BootBench.Install(_memory, RegionId.ApplicationA, _new);
            BootBench.Install(_memory, RegionId.Golden, BootBench.MakeImage(BootBench.Stage2, 9));
            TrustBench.PutInForce(_memory, TrustBench.Sign(5, TrustBench.Document(TrustBench.Successor), TrustBench.RootA));
            TrustBench.Damage(_memory, RegionId.Trust, 0);
            TrustBench.Damage(_memory, RegionId.TrustB, 0);

            Assert.AreEqual(BoardEnd.Stopped, _device.Run());

            Assert.IsEmpty(_loader.Entered);
            Assert.AreEqual(ResultCode.TrustInvalid, BootBench.Of(_device, BootEvent.Stopped).Last().Result);
        }

        [TestMethod]
        [DataRow("below the floor")]
        [DataRow("signed by a stranger")]
        [DataRow("signed by an authority that is no root")]
        [DataRow("signed by one root of two")]
        [DataRow("signed by the root that it revokes")]
        [DataRow("for another class of device")]
        [DataRow("of another component")]
        [DataRow("larger than a document may be")]
        [DataRow("that grants what only roots have")]
        public void A67_Run_DocumentInForceThatNoRootVouchesFor_IsNotTrusted(string what)
        {
            // Whoever wrote the journal had it name these; stage 1 believes the roots.
            byte[] document = TrustBench.Document(BootBench.Author);
            SignedImage image = TrustBench.Sign(5, document, TrustBench.RootA);
            ManifestBuilder builder = BootBench.MakeBuilder(BootBench.Trust, 5, document, null!);
            switch (what)
            {
                case "signed by a stranger":
                    image = TrustBench.Sign(5, document, BootBench.Stranger);
                    break;

                case "signed by an authority that is no root":
                    image = TrustBench.Sign(5, document, BootBench.Author);
                    break;

                case "signed by one root of two":
                    _device.Policy.RootsNeeded = 2;
                    image = TrustBench.Sign(5, document, TrustBench.RootA, TrustBench.RootA);
                    break;

                case "signed by the root that it revokes":
                    image = TrustBench.Sign(5, TrustBench.Writer(BootBench.Author).RevokeRoot(TrustBench.RootA.PublicKey).Encode(), TrustBench.RootA);
                    break;

                case "for another class of device":
                    builder.ClassIds[0] = Uuid.ForClass(BootBench.Vendor, "another");
                    image = BootBench.Sign(builder, document, TrustBench.RootA);
                    break;

                case "of another component":
                    builder = BootBench.MakeBuilder("configuration", 5, document, null!);
                    image = BootBench.Sign(builder, document, TrustBench.RootA);
                    break;

                case "larger than a document may be":
                    image = TrustBench.Sign(5, new byte[TrustDocument.BytesMax + 1], TrustBench.RootA);
                    break;

                case "that grants what only roots have":
                    image = TrustBench.Sign(5, new TrustDocumentWriter().Add(BootBench.Trusted(BootBench.Author, (Permissions)0x7F)).EncodeUnchecked(), TrustBench.RootA);
                    break;
            }

            TrustBench.PutInForce(_memory, image);
            if (what == "below the floor")
            {
                BootJournal journal = BootBench.OpenJournal(_memory);
                journal.Components[ComponentIndex.Trust].Floor = 6;
                journal.Commit();
            }

            BootBench.Install(_memory, RegionId.ApplicationA, _old);

            Assert.AreEqual(BoardEnd.Stopped, _device.Run(), what);
            Assert.IsEmpty(_loader.Entered, what);
            Assert.AreEqual(ResultCode.TrustInvalid, State(ComponentIndex.Trust).FailureCode, what);
        }

        [TestMethod]
        public void Run_DocumentSignedByTwoRootsOfThree_Counts()
        {
            Authority[] roots = [TrustBench.Root(TrustBench.RootA), TrustBench.Root(TrustBench.RootB), TrustBench.Root(TrustBench.RootC)];
            _device.Policy = TrustBench.MakePolicy(_loader, roots, 2);
            TrustBench.PutInForce(_memory, TrustBench.Sign(5, TrustBench.Document(TrustBench.Successor), TrustBench.RootC, TrustBench.RootA));
            BootBench.Install(_memory, RegionId.ApplicationB, _new);

            Assert.AreEqual(BoardEnd.Sleeping, _device.Run());
            CollectionAssert.AreEqual(new[] { _new.Digest }, _loader.Entered);
        }

        [TestMethod]
        public void Run_DocumentInForce_BootWritesNothing()
        {
            TrustBench.PutInForce(_memory, TrustBench.Sign(5, TrustBench.Document(TrustBench.Successor), TrustBench.RootA), isSecondCopy: false);
            BootBench.Install(_memory, RegionId.ApplicationA, _new);
            _device.Run();
            long operations = _memory.Power.OperationCount;

            Assert.AreEqual(BoardEnd.Sleeping, _device.Run());

            Assert.AreEqual(operations, _memory.Power.OperationCount);
            Assert.AreEqual(ResultCode.Ok, State(ComponentIndex.Trust).FailureCode, "a second copy that is not there is no failure");
        }

        [TestMethod]
        public void Run_DeviceMacAccepted_IsNoRoot()
        {
            _device.Policy.AcceptDeviceMac = true;
            byte[] key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
            BootBench.WriteIdentity(_memory, BootBench.MakeIdentity(key));
            TrustBench.PutInForce(_memory, TrustBench.Sign(5, TrustBench.Document(BootBench.Author), new HmacSigningKey(key)));
            BootBench.Install(_memory, RegionId.ApplicationA, _old);

            Assert.AreEqual(BoardEnd.Stopped, _device.Run());
            Assert.IsEmpty(_loader.Entered);
        }
    }
}
