using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author.Keys;
using NanoBoot.Bootloader.Cose;
using NanoBoot.Hal;
using NanoBoot.Tests.Shared;

namespace NanoBoot.Bootloader.Tests.Cose
{
    /// <summary>No single skipped call and no single branch that goes the wrong way lets a forgery through.</summary>
    [TestClass]
    [DoNotParallelize]
    public class FaultTests
    {
        // Of each place's executions, the first ones and the last ones fail; loops have thousands.
        private const int ExecutionsFromEachEnd = 2;

        private delegate ResultCode VerifyEcdsa(
            byte[] key, uint[]? table, byte[] digest, byte[] signature, int offset, int count, out int witness);

        private delegate ResultCode VerifyLms(
            byte[] key, byte[] message, int messageOffset, int messageCount, byte[] signature, int offset, int count, out int witness);

        [TestMethod]
        [DataRow(false)]
        [DataRow(true)]
        public void A63_EcdsaP256_OneFault_AcceptsNoForgery(bool withTable)
        {
            FaultedAssembly assembly = new(typeof(EcdsaP256).Assembly.Location, typeof(EcdsaP256).FullName!);
            VerifyEcdsa verify = assembly.Method<VerifyEcdsa>(typeof(EcdsaP256).FullName!, "Verify");
            using ECDsa ecdsa = ECDsa.Create(new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256, D = SHA256.HashData(new byte[] { 1 }),
            });
            ECPoint point = ecdsa.ExportParameters(false).Q;
            byte[] key = new byte[64];
            point.X!.CopyTo(key, 0);
            point.Y!.CopyTo(key, 32);
            uint[]? table = withTable ? P256Table.Build(key) : null;
            byte[] digest = SHA256.HashData(new byte[] { 2 });
            byte[] other = SHA256.HashData(new byte[] { 3 });
            byte[] zero = new byte[64];
            byte[] rOnly = new byte[64];
            rOnly[31] = 1;
            byte[] sOnly = new byte[64];
            sOnly[63] = 1;
            byte[] signature = ecdsa.SignHash(digest);

            // The harness itself: without a fault the signature is valid and the forgeries are not.
            FaultPoint.Arm(assembly.Count, -1, 0, 0);
            Assert.AreEqual(ResultCode.Ok, verify(key, table, digest, signature, 0, 64, out _));
            AssertRefused(assembly, "another digest", () => verify(key, table, other, signature, 0, 64, out _));
            AssertRefused(assembly, "zero", () => verify(key, table, digest, zero, 0, 64, out _));
            AssertRefused(assembly, "s = 0", () => verify(key, table, digest, rOnly, 0, 64, out _));
            AssertRefused(assembly, "r = 0", () => verify(key, table, digest, sOnly, 0, 64, out _));
        }

        [TestMethod]
        public void A62_HssLms_OneFault_AcceptsNoForgery()
        {
            FaultedAssembly assembly = new(typeof(HssLms).Assembly.Location, typeof(HssLms).FullName!);
            VerifyLms verify = assembly.Method<VerifyLms>(typeof(HssLms).FullName!, "Verify");
            byte[] key = Vectors.Hex("lms/rfc8554-tc1.pub.hex");
            byte[] message = Vectors.Hex("lms/rfc8554-tc1.msg.hex");
            byte[] signature = Vectors.Hex("lms/rfc8554-tc1.sig.hex");
            FaultPoint.Arm(assembly.Count, -1, 0, 0);
            Assert.AreEqual(ResultCode.Ok, verify(key, message, 0, message.Length, signature, 0, signature.Length, out _));

            message[0] ^= 1;
            AssertRefused(
                assembly, "another message", () => verify(key, message, 0, message.Length, signature, 0, signature.Length, out _));

            // A lower level of the attacker's own: the top level's signature does not cover it.
            byte[] changed = (byte[])signature.Clone();
            changed[signature.Length - 1] ^= 1;
            AssertRefused(
                assembly, "another path", () => verify(key, message, 0, message.Length, changed, 0, changed.Length, out _));
        }

        private static void AssertRefused(FaultedAssembly assembly, string name, Func<ResultCode> verify)
        {
            FaultPoint.Arm(assembly.Count, -1, 0, 0);
            Assert.AreNotEqual(ResultCode.Ok, verify(), name);
            int[] counts = new int[assembly.Count];
            for (int site = 0; site < counts.Length; site++)
            {
                counts[site] = FaultPoint.CountOf(site);
            }

            int faults = 0;
            List<string> accepted = new();
            for (int site = 0; site < counts.Length; site++)
            {
                for (int execution = 0; execution < counts[site]; execution++)
                {
                    if (execution >= ExecutionsFromEachEnd && execution < counts[site] - ExecutionsFromEachEnd)
                    {
                        continue;
                    }

                    for (int value = 0; value < assembly.ValuesAt(site); value++)
                    {
                        FaultPoint.Arm(assembly.Count, site, execution, value);
                        if (Run(verify) == ResultCode.Ok)
                        {
                            accepted.Add(assembly.NameOf(site) + ", execution " + execution + ", value " + value);
                        }

                        Assert.IsTrue(FaultPoint.HasFired, assembly.NameOf(site));
                        faults++;
                    }
                }
            }

            Console.WriteLine(name + ": " + faults + " faults at " + counts.Length + " places");
            Assert.AreEqual(string.Empty, string.Join('\n', accepted), name);
        }

        private static ResultCode Run(Func<ResultCode> verify)
        {
            try
            {
                return verify();
            }
            catch (Exception exception) when (exception is not UnitTestAssertException)
            {
                // On a device too an exception is no acceptance.
                return ResultCode.InvalidArgument;
            }
        }
    }
}
