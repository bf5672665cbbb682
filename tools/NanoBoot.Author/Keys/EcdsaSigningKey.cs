// P-256 keys. Signatures come from .NET, unless they have to be repeatable: then from DeterministicEcdsa.

using System;
using System.Security.Cryptography;

namespace NanoBoot.Author
{
    /// <summary>An ECDSA key on P-256.</summary>
    public sealed class EcdsaSigningKey : SigningKey
    {
        private readonly ECDsa _key;
        private readonly byte[] _publicKey;
        private readonly SigningAlgorithm _algorithm;
        private readonly bool _isDeterministic;

        private EcdsaSigningKey(ECDsa key, SigningAlgorithm algorithm, bool isDeterministic, byte[]? keyId)
        {
            if (algorithm is not (SigningAlgorithm.Es256 or SigningAlgorithm.Esp256))
            {
                throw new ArgumentException("ES256 or ESP256.", nameof(algorithm));
            }

            _key = key;
            _publicKey = PublicKeyOf(key);
            _algorithm = algorithm;
            _isDeterministic = isDeterministic;
            KeyId = keyId ?? DefaultKeyId(_publicKey);
        }

        /// <inheritdoc/>
        public override SigningAlgorithm Algorithm => _algorithm;

        /// <inheritdoc/>
        public override byte[] PublicKey => (byte[])_publicKey.Clone();

        /// <summary>Makes a new key.</summary>
        /// <param name="algorithm">ES256 or ESP256: how signatures are labelled.</param>
        /// <param name="keyId">The key id, or null for the default.</param>
        public static EcdsaSigningKey Generate(SigningAlgorithm algorithm = SigningAlgorithm.Es256, byte[]? keyId = null)
        {
            return new EcdsaSigningKey(ECDsa.Create(ECCurve.NamedCurves.nistP256), algorithm, isDeterministic: false, keyId);
        }

        /// <summary>Reads a key: PEM, PKCS#8 or SEC1.</summary>
        /// <param name="pem">The text of the file.</param>
        /// <param name="algorithm">ES256 or ESP256: how signatures are labelled.</param>
        /// <param name="isDeterministic">True for RFC 6979 signatures, which are the same each time.</param>
        /// <param name="keyId">The key id, or null for the default.</param>
        /// <exception cref="CryptographicException">It is no private key of P-256.</exception>
        public static EcdsaSigningKey FromPem(
            string pem, SigningAlgorithm algorithm = SigningAlgorithm.Es256, bool isDeterministic = false, byte[]? keyId = null)
        {
            return FromKey(pem, (key, text) => key.ImportFromPem(text), algorithm, isDeterministic, keyId);
        }

        /// <summary>Reads a key: PEM, PKCS#8, encrypted.</summary>
        /// <param name="pem">The text of the file.</param>
        /// <param name="passphrase">The passphrase.</param>
        /// <param name="algorithm">ES256 or ESP256: how signatures are labelled.</param>
        /// <param name="keyId">The key id, or null for the default.</param>
        /// <exception cref="CryptographicException">The passphrase is wrong, or it is no private key of P-256.</exception>
        public static EcdsaSigningKey FromEncryptedPem(
            string pem, string passphrase, SigningAlgorithm algorithm = SigningAlgorithm.Es256, byte[]? keyId = null)
        {
            return FromKey(pem, (key, text) => key.ImportFromEncryptedPem(text, passphrase), algorithm, false, keyId);
        }

        /// <summary>Makes a key out of a seed, whose signatures are the same each time. For demonstrations and tests.</summary>
        /// <param name="seed">The seed.</param>
        /// <param name="label">What the key is for: another label, another key.</param>
        /// <param name="algorithm">ES256 or ESP256: how signatures are labelled.</param>
        public static EcdsaSigningKey FromSeed(
            ReadOnlySpan<byte> seed, string label, SigningAlgorithm algorithm = SigningAlgorithm.Es256)
        {
            byte[] privateKey = DeterministicEcdsa.DerivePrivateKey(seed, label);
            var parameters = new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = privateKey };
            return new EcdsaSigningKey(ECDsa.Create(parameters), algorithm, isDeterministic: true, keyId: null);
        }

        /// <summary>Reads the public key, x||y, out of a PEM text that holds a public or a private key.</summary>
        /// <param name="pem">The text.</param>
        public static byte[] PublicKeyFromPem(string pem)
        {
            using ECDsa key = ECDsa.Create();
            key.ImportFromPem(pem);
            return PublicKeyOf(key);
        }

        /// <summary>The private key as PEM, PKCS#8.</summary>
        /// <param name="passphrase">Encrypts it (PBES2, AES-256-CBC, PBKDF2 with 600,000 rounds); null leaves it plain.</param>
        public string ExportPem(string? passphrase = null)
        {
            if (passphrase is null)
            {
                return _key.ExportPkcs8PrivateKeyPem() + "\n";
            }

            var encryption = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 600_000);
            return _key.ExportEncryptedPkcs8PrivateKeyPem(passphrase, encryption) + "\n";
        }

        /// <summary>The public key as PEM, SubjectPublicKeyInfo.</summary>
        public string ExportPublicPem() => _key.ExportSubjectPublicKeyInfoPem() + "\n";

        /// <inheritdoc/>
        public override byte[] Sign(ReadOnlySpan<byte> message)
        {
            byte[] digest = SHA256.HashData(message);
            if (_isDeterministic)
            {
                return DeterministicEcdsa.Sign(_key.ExportParameters(includePrivateParameters: true).D!, digest);
            }

            return _key.SignHash(digest, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }

        /// <inheritdoc/>
        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _key.Dispose();
            }
        }

        private static EcdsaSigningKey FromKey(
            string pem, Action<ECDsa, string> import, SigningAlgorithm algorithm, bool isDeterministic, byte[]? keyId)
        {
            ArgumentNullException.ThrowIfNull(pem);
            ECDsa key = ECDsa.Create();
            try
            {
                import(key, pem);
                if (key.ExportParameters(includePrivateParameters: true).D is null)
                {
                    throw new CryptographicException("The file holds a public key only.");
                }

                return new EcdsaSigningKey(key, algorithm, isDeterministic, keyId);
            }
            catch
            {
                key.Dispose();
                throw;
            }
        }

        private static byte[] PublicKeyOf(ECDsa key)
        {
            ECParameters parameters = key.ExportParameters(includePrivateParameters: false);
            byte[] x = parameters.Q.X!;
            byte[] y = parameters.Q.Y!;
            if (x.Length != 32 || parameters.Curve.Oid.Value != "1.2.840.10045.3.1.7")
            {
                throw new CryptographicException("The key is not on the curve P-256.");
            }

            return [.. x, .. y];
        }
    }
}
