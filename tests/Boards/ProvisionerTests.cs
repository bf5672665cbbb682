// What the factory writes, stage 1 boots; and what stage 1 would refuse, the factory does not write.

using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;
using NanoBoot.Board;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Hal;
using NanoBoot.Hal.Flash;
using NanoBoot.Nano.Tests;
using NanoBoot.Tests;

namespace NanoBoot.Boards.Tests
{
    [TestClass]
    public sealed class ProvisionerTests
    {
        private static readonly Guid s_vendor = Uuid.ForVendor("nanoboot.example");
        private static readonly Guid s_class = Uuid.ForClass(s_vendor, "boards");

        private readonly EcdsaSigningKey _author = EcdsaSigningKey.FromSeed("boards"u8, "author");
        private readonly BoardLayout _layout = new(40960, 49152, 2);
        private readonly RamFlash _flash;
        private readonly FlashMap _map;
        private readonly BootPolicy _policy;
        private readonly NotingLog _log = new();

        public ProvisionerTests()
        {
            _flash = new RamFlash(_layout.FlashBytes / BoardLayout.SectorBytes);
            _map = _layout.Divide(_flash);
            const Permissions Needed = Permissions.Author | Permissions.Store | Permissions.Apply;
            _policy = _layout.CreatePolicy(
            [
                new Authority(_author.KeyId, CoseAlgorithm.Es256, _author.PublicKey, Needed, null, null),
            ]);
            _policy.ConfirmTimeoutMs = 0;
        }

        [TestMethod]
        public void Provision_ThenBoot_ApplicationIsEntered()
        {
            var loader = new NotingLoader();
            _policy.Loader = loader;
            byte[] payload = Payload();
            var provisioner = new Provisioner(_map, _policy, _log);

            Assert.AreEqual(ResultCode.Ok, provisioner.EraseJournal());
            Assert.AreEqual(ResultCode.Ok, provisioner.WriteIdentity(Identity()));
            Assert.AreEqual(ResultCode.Ok, provisioner.WriteImage(RegionId.Stage2A, Sign("stage2", payload), payload));
            Assert.AreEqual(ResultCode.Ok, provisioner.Confirm(ComponentIndex.Stage2, RegionId.Stage2A));
            Assert.AreEqual(ResultCode.Ok, provisioner.WriteImage(RegionId.ApplicationA, Sign("application", payload), payload));
            Assert.ThrowsExactly<OperationCanceledException>(() => Stage1.Run(new HaltingBoard(_map, _log), _policy));

            CollectionAssert.AreEqual(new[] { RegionId.ApplicationA }, loader.Entered);
        }

        [TestMethod]
        public void WriteTrust_ThenBoot_TheDocumentDecides()
        {
            using EcdsaSigningKey root = EcdsaSigningKey.FromSeed("boards"u8, "root");
            using EcdsaSigningKey successor = EcdsaSigningKey.FromSeed("boards"u8, "successor");
            const Permissions Needed = Permissions.Author | Permissions.Store | Permissions.Apply;
            BootPolicy policy = _layout.CreatePolicy(
            [
                new Authority(_author.KeyId, CoseAlgorithm.Es256, _author.PublicKey, Needed, null, null),
                new Authority(root.KeyId, CoseAlgorithm.Es256, root.PublicKey, Permissions.Trust, null, null),
            ]);
            var loader = new NotingLoader();
            policy.Loader = loader;
            policy.ConfirmTimeoutMs = 0;
            byte[] payload = Payload();
            byte[] document = new TrustDocumentWriter().Add(successor, Needed).Encode();
            var provisioner = new Provisioner(_map, policy, _log);
            Assert.AreEqual(ResultCode.Ok, provisioner.EraseJournal());
            Assert.AreEqual(ResultCode.Ok, provisioner.WriteIdentity(Identity()));

            Assert.AreNotEqual(ResultCode.Ok, provisioner.WriteTrust(Sign("trust", document, _author), document), "not a root's");
            Assert.AreEqual(ResultCode.Ok, provisioner.WriteTrust(Sign("trust", document, root), document));
            Assert.AreEqual(ResultCode.KeyUnknown, provisioner.WriteImage(RegionId.ApplicationA, Sign("application", payload), payload), "of yesterday");
            Assert.AreEqual(ResultCode.Ok, provisioner.WriteImage(RegionId.Stage2A, Sign("stage2", payload, successor), payload));
            Assert.AreEqual(ResultCode.Ok, provisioner.Confirm(ComponentIndex.Stage2, RegionId.Stage2A));
            Assert.AreEqual(ResultCode.Ok, provisioner.WriteImage(RegionId.ApplicationA, Sign("application", payload, successor), payload));
            Assert.ThrowsExactly<OperationCanceledException>(() => Stage1.Run(new HaltingBoard(_map, _log), policy));

            CollectionAssert.AreEqual(new[] { RegionId.ApplicationA }, loader.Entered);
        }

        [TestMethod]
        public void Console_OfProvisioning_IsThatOfTheBoardsPage()
        {
            // The order of BoardMain.
            byte[] payload = Payload();
            var provisioner = new Provisioner(_map, _policy, _log);
            Assert.AreEqual(ResultCode.Ok, provisioner.EraseJournal());
            Assert.AreEqual(ResultCode.Ok, provisioner.WriteIdentity(Identity()));
            Assert.AreEqual(ResultCode.Ok, provisioner.WritePayloadKeys([]));
            Assert.AreEqual(ResultCode.Ok, provisioner.WriteImage(RegionId.Stage2A, Sign("stage2", payload), payload));
            Assert.AreEqual(ResultCode.Ok, provisioner.Confirm(ComponentIndex.Stage2, RegionId.Stage2A));
            Assert.AreEqual(ResultCode.Ok, provisioner.WriteImage(RegionId.ApplicationA, Sign("application", payload), payload));
            _log.Write(BootEvent.Stopped, RegionId.None, ResultCode.Ok, 0);

            CollectionAssert.AreEqual(ConsolePage.Lines("provision"), _log.Lines.Select(ConsolePage.WithoutSizes).ToArray());
        }

        [TestMethod]
        public void Console_OfABoardInTrouble_IsInTheRecoveryTable()
        {
            byte[] payload = Payload();
            var provisioner = new Provisioner(_map, _policy, _log);
            Assert.AreEqual(ResultCode.Ok, provisioner.EraseJournal());

            // Never provisioned.
            Stage1.Run(new HaltingBoard(_map, _log), _policy);
            Assert.AreEqual("NB;11;0;164;0", _log.Lines[^1]);

            // Provisioned as another class of device.
            var other = new IdentityRecord { VendorId = s_vendor, ClassIds = [s_vendor], DeviceId = s_class, ManifestUri = "http://localhost/" };
            Assert.AreEqual(ResultCode.Ok, provisioner.WriteIdentity(Identity()));
            Assert.AreEqual(ResultCode.Ok, provisioner.WriteImage(RegionId.ApplicationA, Sign("application", payload), payload));
            Assert.AreEqual(ResultCode.Ok, provisioner.WriteIdentity(other.Encode()));
            Assert.AreEqual(ResultCode.SuitClassMismatch, provisioner.WriteImage(RegionId.Stage2A, Sign("stage2", payload), payload));
            Stage1.Run(new HaltingBoard(_map, _log), _policy);
            Assert.IsTrue(_log.Lines.Any(l => l.StartsWith("NB;3;6;106;", StringComparison.Ordinal)), string.Join('\n', _log.Lines));

            // Built with other keys.
            using EcdsaSigningKey stranger = EcdsaSigningKey.FromSeed("boards"u8, "stranger");
            BootPolicy policy = _layout.CreatePolicy(
                [new Authority(stranger.KeyId, CoseAlgorithm.Es256, stranger.PublicKey, Permissions.Author | Permissions.Store | Permissions.Apply, null, null)]);
            Stage1.Run(new HaltingBoard(_map, _log), policy);
            Assert.IsTrue(_log.Lines.Any(l => l.StartsWith("NB;3;6;66;", StringComparison.Ordinal)), string.Join('\n', _log.Lines));
            foreach (string shown in new[] { "`NB;11;0;164;...`", "`NB;3;<slot>;66;...`", "`NB;3;<slot>;105;...` or 106", "`NB;11;0;10;0`" })
            {
                StringAssert.Contains(ConsolePage.Text, shown);
            }
        }

        [TestMethod]
        public void WriteImage_OfAStranger_NothingWritten()
        {
            byte[] payload = Payload();
            using EcdsaSigningKey stranger = EcdsaSigningKey.FromSeed("boards"u8, "stranger");
            var provisioner = new Provisioner(_map, _policy, _log);
            Assert.AreEqual(ResultCode.Ok, provisioner.EraseJournal());
            _flash.Programs = 0;

            Assert.AreNotEqual(
                ResultCode.Ok, provisioner.WriteImage(RegionId.ApplicationA, Sign("application", payload, stranger), payload));
            Assert.AreEqual(0, _flash.Programs);
        }

        [TestMethod]
        public void WriteImage_ForAnotherDeviceOrWithNothingToStart_NothingWritten()
        {
            byte[] payload = Payload();
            var provisioner = new Provisioner(_map, _policy, _log);
            Assert.AreEqual(ResultCode.Ok, provisioner.EraseJournal());
            Assert.AreEqual(ResultCode.Ok, provisioner.WriteIdentity(Identity()));
            _flash.Programs = 0;

            foreach ((Guid vendor, Guid kind, string entry, ResultCode expected) in new[]
            {
                (Uuid.ForVendor("other.example"), s_class, "Any.Program", ResultCode.SuitVendorMismatch),
                (s_vendor, s_vendor, "Any.Program", ResultCode.SuitClassMismatch),
                (s_vendor, s_class, null, ResultCode.SuitManifestIncomplete),
            })
            {
                var builder = new ManifestBuilder { SequenceNumber = 1, VendorId = vendor };
                builder.ClassIds.Add(kind);
                builder.AddComponent("application", payload, null, entry);
                Envelope envelope = builder.Build();
                envelope.Sign(_author);
                Assert.AreEqual(expected, provisioner.WriteImage(RegionId.ApplicationA, envelope.Encode(), payload));
            }

            Assert.AreEqual(0, _flash.Programs);
            Assert.AreEqual(ResultCode.Ok, provisioner.WriteImage(RegionId.ApplicationA, Sign("application", payload), payload));
        }

        [TestMethod]
        public void WriteImage_LargerThanTheSlot_NothingWritten()
        {
            byte[] payload = new byte[49153];
            var provisioner = new Provisioner(_map, _policy, _log);
            Assert.AreEqual(ResultCode.Ok, provisioner.WriteIdentity(Identity()));
            _flash.Programs = 0;

            Assert.AreEqual(
                ResultCode.FlashOutOfRange, provisioner.WriteImage(RegionId.ApplicationA, Sign("application", payload), payload));
            Assert.AreEqual(0, _flash.Programs);
        }

        [TestMethod]
        public void WriteIdentity_Malformed_NothingWritten()
        {
            var provisioner = new Provisioner(_map, _policy, _log);
            _flash.Programs = 0;

            Assert.AreNotEqual(ResultCode.Ok, provisioner.WriteIdentity(Identity().Append((byte)0).ToArray()));
            Assert.AreEqual(0, _flash.Programs);
        }

        [TestMethod]
        public void Confirm_Stage2_StandsInTheJournal()
        {
            byte[] payload = Payload();
            var provisioner = new Provisioner(_map, _policy, _log);
            Assert.AreEqual(ResultCode.Ok, provisioner.EraseJournal());
            Assert.AreEqual(ResultCode.Ok, provisioner.WriteIdentity(Identity()));
            Assert.AreEqual(ResultCode.Ok, provisioner.WriteImage(RegionId.Stage2A, Sign("stage2", payload), payload));

            Assert.AreEqual(ResultCode.Ok, provisioner.Confirm(ComponentIndex.Stage2, RegionId.Stage2A));

            var journal = new BootJournal(_map.Find(RegionId.Journal));
            Assert.AreEqual(ResultCode.Ok, journal.Open());
            ComponentState state = journal.Components[ComponentIndex.Stage2];
            Assert.AreEqual(RegionId.Stage2A, state.ConfirmedSlot);
            Assert.AreEqual(1, state.Floor);
            Assert.AreNotEqual(0, state.ConfirmedId);
        }

        [TestMethod]
        public void Confirm_AnEmptySlot_Refused()
        {
            var provisioner = new Provisioner(_map, _policy, _log);
            Assert.AreEqual(ResultCode.Ok, provisioner.EraseJournal());

            Assert.AreNotEqual(ResultCode.Ok, provisioner.Confirm(ComponentIndex.Stage2, RegionId.Stage2A));
            Assert.AreEqual(ResultCode.JournalEmpty, new BootJournal(_map.Find(RegionId.Journal)).Open());
        }

        [TestMethod]
        public void EraseJournal_OfADeviceInUse_ForgetsIt()
        {
            var journal = new BootJournal(_map.Find(RegionId.Journal));
            journal.Open();
            journal.Components[ComponentIndex.Application].Floor = 9;
            Assert.AreEqual(ResultCode.Ok, journal.Commit());

            Assert.AreEqual(ResultCode.Ok, new Provisioner(_map, _policy, _log).EraseJournal());

            Assert.AreEqual(ResultCode.JournalEmpty, new BootJournal(_map.Find(RegionId.Journal)).Open());
        }

        private static byte[] Identity()
        {
            var map = new CborMap();
            map.Add(1, writer => writer.WriteBytes(Uuid.ToBytes(s_vendor)));
            map.Add(2, writer => writer.StartArray(1).WriteBytes(Uuid.ToBytes(s_class)));
            map.Add(3, writer => writer.WriteBytes(Uuid.ToBytes(Uuid.Version5(s_class, "device 1"))));
            return map.Encode();
        }

        /// <summary>Bytes that look like one `.pe` assembly from the outside.</summary>
        private static byte[] Payload()
        {
            byte[] assembly = new byte[3000];
            "NFMRK1\0\0"u8.CopyTo(assembly);
            for (int i = 0; i < 16; i++)
            {
                FlashRecord.WriteNumber(assembly, 40 + (i * 4), i == 15 ? assembly.Length : ImageVerifier.HeaderBytes + (i * 4), 4);
            }

            return assembly;
        }

        private byte[] Sign(string component, byte[] payload, SigningKey key = null)
        {
            var builder = new ManifestBuilder { SequenceNumber = 1, VendorId = s_vendor };
            builder.ClassIds.Add(s_class);
            builder.AddComponent(component, payload, null, component == "trust" ? null : "Any.Program");
            Envelope envelope = builder.Build();
            envelope.Sign(key ?? _author);
            return envelope.Encode();
        }

        private sealed class NotingLog : IBootLog
        {
            /// <summary>As a board writes them.</summary>
            public List<string> Lines { get; } = [];

            public void Write(BootEvent bootEvent, RegionId region, ResultCode result, long value)
            {
                Lines.Add($"NB;{(int)bootEvent};{(int)region};{(int)result};{value}");
            }
        }

        private sealed class NotingLoader : AssemblyLoader
        {
            public List<RegionId> Entered { get; } = [];

            public override ResultCode Load(ImageVerifier image) => ResultCode.Ok;

            public override void Enter(BootContext boot) => Entered.Add(boot.RunningRegion);
        }

        /// <summary>A board whose restart ends the test.</summary>
        private sealed class HaltingBoard(FlashMap map, IBootLog log) : IBoard
        {
            public FlashMap Flash => map;

            public void Write(BootEvent bootEvent, RegionId region, ResultCode result, long value) =>
                log.Write(bootEvent, region, result, value);

            public long UptimeMs => 0;

            public long SecureTimeSeconds => -1;

            public void Restart() => throw new OperationCanceledException();

            public void Sleep(int durationMs)
            {
            }

            public ResultCode ConnectNetwork(int timeoutMs) => ResultCode.NetworkUnreachable;
        }
    }
}
