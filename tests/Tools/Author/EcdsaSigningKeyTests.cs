using System;
using System.Security.Cryptography;
using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Author;

namespace NanoBoot.Tools.Tests.Author
{
    [TestClass]
    public sealed class EcdsaSigningKeyTests
    {
        /// <summary>RFC 6979, appendix A.2.5.</summary>
        [TestMethod]
        [DataRow("sample", "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8")]
        [DataRow("test", "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083")]
        public void Sign_Rfc6979_PublishedSignature(string message, string expected)
        {
            byte[] secret = Convert.FromHexString("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721");
            using ECDsa source = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = secret });
            using EcdsaSigningKey key = EcdsaSigningKey.FromPem(source.ExportPkcs8PrivateKeyPem(), isDeterministic: true);
            Assert.AreEqual(expected, Convert.ToHexString(key.Sign(Encoding.ASCII.GetBytes(message))));
        }

        [TestMethod]
        public void FromSeed_SameSeedAndLabel_SameKeyAndSignature()
        {
            using EcdsaSigningKey first = EcdsaSigningKey.FromSeed("seed"u8, "author");
            using EcdsaSigningKey second = EcdsaSigningKey.FromSeed("seed"u8, "author");
            using EcdsaSigningKey other = EcdsaSigningKey.FromSeed("seed"u8, "store");
            CollectionAssert.AreEqual(first.PublicKey, second.PublicKey);
            CollectionAssert.AreNotEqual(first.PublicKey, other.PublicKey);
            byte[] signature = first.Sign("message"u8);
            CollectionAssert.AreEqual(signature, second.Sign("message"u8));
            AssertVerifies(first, signature);
        }

        [TestMethod]
        public void Sign_Generated_FixedFormThatVerifies()
        {
            using EcdsaSigningKey key = EcdsaSigningKey.Generate();
            byte[] signature = key.Sign("message"u8);
            Assert.AreEqual(64, signature.Length);
            AssertVerifies(key, signature);
            CollectionAssert.AreEqual(SHA256.HashData(key.PublicKey)[..8], key.KeyId);
        }

        [TestMethod]
        public void FromPem_OwnExport_SameKey()
        {
            using EcdsaSigningKey key = EcdsaSigningKey.Generate(SigningAlgorithm.Esp256);
            using EcdsaSigningKey plain = EcdsaSigningKey.FromPem(key.ExportPem());
            using EcdsaSigningKey encrypted = EcdsaSigningKey.FromEncryptedPem(key.ExportPem("a passphrase"), "a passphrase");
            CollectionAssert.AreEqual(key.PublicKey, plain.PublicKey);
            CollectionAssert.AreEqual(key.PublicKey, encrypted.PublicKey);
            CollectionAssert.AreEqual(key.PublicKey, EcdsaSigningKey.PublicKeyFromPem(key.ExportPublicPem()));
            Assert.ThrowsExactly<CryptographicException>(
                () => EcdsaSigningKey.FromEncryptedPem(key.ExportPem("a passphrase"), "another"));
        }

        [TestMethod]
        public void FromPem_OtherCurve_Refused()
        {
            using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP384);
            Assert.ThrowsExactly<CryptographicException>(() => EcdsaSigningKey.FromPem(other.ExportPkcs8PrivateKeyPem()));
        }

        private static void AssertVerifies(EcdsaSigningKey key, byte[] signature)
        {
            byte[] publicKey = key.PublicKey;
            using ECDsa verifier = ECDsa.Create(new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint { X = publicKey[..32], Y = publicKey[32..] },
            });
            Assert.IsTrue(verifier.VerifyData("message"u8, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
        }
    }
}
