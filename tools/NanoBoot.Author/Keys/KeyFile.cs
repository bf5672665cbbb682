// Keys in files. P-256 keys are PEM (PKCS#8), as every other tool reads them; the others have no common format and
// are small JSON files of ours. Both may be encrypted under a passphrase. An HSS key has two files beside it:
// <key>.state, which says how far it was used, and <key>.tree, public values that make it quick to open.

using System;
using System.IO;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading;

namespace NanoBoot.Author
{
    /// <summary>What a key is for.</summary>
    public enum KeyKind
    {
        /// <summary>ECDSA on P-256.</summary>
        Es256,

        /// <summary>HSS/LMS.</summary>
        HssLms,

        /// <summary>HMAC-SHA-256.</summary>
        Hmac,

        /// <summary>AES key encryption key.</summary>
        Kek,
    }

    /// <summary>A file is not a key, or is a key that does not fit.</summary>
    public sealed class KeyFileException : Exception
    {
        /// <summary>Makes the exception.</summary>
        /// <param name="message">What is wrong and what to do.</param>
        public KeyFileException(string message)
            : base(message)
        {
        }
    }

    /// <summary>A key read from a file; the secret opens with the passphrase, if there is one.</summary>
    public sealed class KeyFile
    {
        private const string Marker = "nanoboot";
        private const string SecretMarker = "key";
        private const string PublicMarker = "public-key";

        private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

        private readonly string? _pem;
        private readonly JsonObject? _json;

        private KeyFile(string path, string? pem, JsonObject? json, KeyKind kind, bool isPublic, bool isEncrypted)
        {
            Path = path;
            _pem = pem;
            _json = json;
            Kind = kind;
            IsPublic = isPublic;
            IsEncrypted = isEncrypted;
        }

        /// <summary>The file.</summary>
        public string Path { get; }

        /// <summary>What the key is for.</summary>
        public KeyKind Kind { get; }

        /// <summary>True when there is no secret in the file.</summary>
        public bool IsPublic { get; }

        /// <summary>True when a passphrase is needed.</summary>
        public bool IsEncrypted { get; }

        /// <summary>The parameter sets of an HSS key, else null.</summary>
        public string? Parameters => Text("parameters");

        /// <summary>The state file of an HSS key.</summary>
        public string StatePath => Path + ".state";

        /// <summary>The file of public values of an HSS key.</summary>
        public string TreePath => Path + ".tree";

        /// <summary>Reads a key file: secret or public.</summary>
        /// <param name="path">The file, for messages and for the files beside it.</param>
        /// <param name="text">Its content.</param>
        /// <exception cref="KeyFileException">It is no key.</exception>
        public static KeyFile Parse(string path, string text)
        {
            ArgumentNullException.ThrowIfNull(text);
            if (text.Contains("-----BEGIN ", StringComparison.Ordinal))
            {
                bool isPublic = !text.Contains("PRIVATE KEY-----", StringComparison.Ordinal);
                bool isEncrypted = text.Contains("-----BEGIN ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal);
                if (isPublic && !text.Contains("-----BEGIN PUBLIC KEY-----", StringComparison.Ordinal))
                {
                    throw new KeyFileException($"{path}: PEM, but no key; give a PRIVATE KEY or a PUBLIC KEY on the curve P-256.");
                }

                return new KeyFile(path, text, null, KeyKind.Es256, isPublic, isEncrypted);
            }

            JsonObject json = ParseJson(path, text);
            string? marker = json[Marker]?.ToString();
            if (marker is not (SecretMarker or PublicMarker) || !TryParseKind(json["kind"]?.ToString(), out KeyKind kind))
            {
                throw new KeyFileException($"{path}: no key; keys are PEM files or files that 'nanoboot keys new' wrote.");
            }

            return new KeyFile(path, null, json, kind, marker == PublicMarker, json["encryptedSecret"] is not null);
        }

        /// <summary>The name of a kind, as it stands in files and on command lines.</summary>
        /// <param name="kind">The kind.</param>
        public static string NameOf(KeyKind kind) => kind switch
        {
            KeyKind.Es256 => "es256",
            KeyKind.HssLms => "hss-lms",
            KeyKind.Hmac => "hmac",
            _ => "kek",
        };

        /// <summary>Reads the name of a kind.</summary>
        /// <param name="name">The name.</param>
        /// <param name="kind">The kind.</param>
        public static bool TryParseKind(string? name, out KeyKind kind)
        {
            foreach (KeyKind candidate in Enum.GetValues<KeyKind>())
            {
                if (NameOf(candidate) == name)
                {
                    kind = candidate;
                    return true;
                }
            }

            kind = default;
            return false;
        }

        /// <summary>The public key as devices hold it; empty for symmetric keys, null where it needs the passphrase.</summary>
        /// <exception cref="KeyFileException">It is on another curve, or malformed.</exception>
        public byte[]? ReadPublicKey()
        {
            if (_pem is null)
            {
                return Kind == KeyKind.HssLms ? Hex("publicKey") : [];
            }

            if (IsEncrypted)
            {
                return null;
            }

            try
            {
                return EcdsaSigningKey.PublicKeyFromPem(_pem);
            }
            catch (Exception exception) when (exception is CryptographicException or ArgumentException)
            {
                throw new KeyFileException($"{Path}: no whole key on the curve P-256; PEM, PKCS#8 or SubjectPublicKeyInfo, is needed.");
            }
        }

        /// <summary>Opens a signing key.</summary>
        /// <param name="passphrase">The passphrase, if the file is encrypted.</param>
        /// <param name="markDirectory">Where high-water marks of HSS keys are kept, or null for none.</param>
        /// <param name="algorithm">How ECDSA signatures are labelled: ES256 or ESP256.</param>
        /// <exception cref="KeyFileException">It is no signing key, or the passphrase is wrong.</exception>
        public SigningKey OpenSigningKey(string? passphrase, string? markDirectory, SigningAlgorithm algorithm = SigningAlgorithm.Es256)
        {
            RequireSecret();
            return Kind switch
            {
                KeyKind.Es256 => OpenEcdsa(passphrase, algorithm),
                KeyKind.HssLms => new HssSigningKey(OpenHss(passphrase), StatePath, markDirectory),
                KeyKind.Hmac => new HmacSigningKey(OpenSecret(passphrase), Hex("keyId")),
                _ => throw new KeyFileException($"{Path}: a key encryption key; it does not sign."),
            };
        }

        /// <summary>Opens a symmetric secret, or the seed of an HSS key.</summary>
        /// <param name="passphrase">The passphrase, if the file is encrypted.</param>
        /// <exception cref="KeyFileException">There is none, or the passphrase is wrong.</exception>
        public byte[] OpenSecret(string? passphrase)
        {
            RequireSecret();
            if (_json is null)
            {
                throw new KeyFileException($"{Path}: an ECDSA key, not a symmetric one.");
            }

            return _json["encryptedSecret"] is JsonObject box
                ? SecretBox.Open(box, passphrase ?? throw NeedsPassphrase()) ?? throw new KeyFileException($"{Path}: the passphrase is wrong.")
                : Hex("secret");
        }

        /// <summary>Key id of a symmetric key.</summary>
        public byte[] KeyId => Kind is KeyKind.Hmac or KeyKind.Kek ? Hex("keyId") : SigningKey.DefaultKeyId(ReadPublicKey() ?? []);

        /// <summary>Writes the text of a secret key file.</summary>
        /// <param name="kind">HssLms, Hmac or Kek.</param>
        /// <param name="secret">The secret.</param>
        /// <param name="passphrase">Encrypts it; null leaves it plain.</param>
        /// <param name="hss">The key, for HssLms.</param>
        public static string Write(KeyKind kind, byte[] secret, string? passphrase, HssKey? hss = null)
        {
            var json = new JsonObject { [Marker] = SecretMarker, ["kind"] = NameOf(kind) };
            if (hss is not null)
            {
                AddPublic(json, hss.PublicKey, LmsParameters.Format(hss.Levels));
            }
            else
            {
                json["keyId"] = Convert.ToHexStringLower(HMACSHA256.HashData(secret, "nanoBoot key id"u8)[..SigningKey.KeyIdBytes]);
            }

            if (passphrase is null)
            {
                json["secret"] = Convert.ToHexStringLower(secret);
            }
            else
            {
                json["encryptedSecret"] = SecretBox.Seal(secret, passphrase);
            }

            return json.ToJsonString(s_indented) + "\n";
        }

        /// <summary>Writes the text of a public key file: PEM for P-256, JSON for HSS.</summary>
        /// <param name="passphrase">The passphrase, if the file is encrypted.</param>
        /// <exception cref="KeyFileException">The key is symmetric.</exception>
        public string WritePublic(string? passphrase)
        {
            if (_pem is not null)
            {
                if (IsPublic)
                {
                    return _pem;
                }

                using EcdsaSigningKey key = OpenEcdsa(passphrase, SigningAlgorithm.Es256);
                return key.ExportPublicPem();
            }

            if (Kind != KeyKind.HssLms)
            {
                throw new KeyFileException($"{Path}: a symmetric key has no public part.");
            }

            var json = new JsonObject { [Marker] = PublicMarker, ["kind"] = NameOf(Kind) };
            AddPublic(json, Hex("publicKey"), Parameters!);
            return json.ToJsonString(s_indented) + "\n";
        }

        private static void AddPublic(JsonObject json, byte[] publicKey, string parameters)
        {
            json["parameters"] = parameters;
            json["publicKey"] = Convert.ToHexStringLower(publicKey);
            json["keyId"] = Convert.ToHexStringLower(SigningKey.DefaultKeyId(publicKey));
        }

        private EcdsaSigningKey OpenEcdsa(string? passphrase, SigningAlgorithm algorithm)
        {
            try
            {
                return IsEncrypted
                    ? EcdsaSigningKey.FromEncryptedPem(_pem!, passphrase ?? throw NeedsPassphrase(), algorithm)
                    : EcdsaSigningKey.FromPem(_pem!, algorithm);
            }
            catch (CryptographicException) when (IsEncrypted)
            {
                throw new KeyFileException($"{Path}: the passphrase is wrong, or the key is not on the curve P-256.");
            }
            catch (Exception exception) when (exception is CryptographicException or ArgumentException)
            {
                throw new KeyFileException($"{Path}: no whole private key on the curve P-256; PEM, PKCS#8, is needed.");
            }
        }

        private HssKey OpenHss(string? passphrase)
        {
            byte[] seed = OpenSecret(passphrase);
            byte[] publicKey = Hex("publicKey");
            var levels = LmsParameters.Parse(Parameters ?? throw Malformed("parameters"));
            if (File.Exists(TreePath) && HssKey.Open(levels, seed, File.ReadAllBytes(TreePath), publicKey) is HssKey kept)
            {
                return kept;
            }

            HssKey computed = HssKey.Create(levels, seed, progress: null, CancellationToken.None);
            return computed.PublicKey.AsSpan().SequenceEqual(publicKey)
                ? computed
                : throw new KeyFileException($"{Path}: the secret does not belong to the public key in the same file.");
        }

        private void RequireSecret()
        {
            if (IsPublic)
            {
                throw new KeyFileException($"{Path}: a public key; the secret one is needed here.");
            }
        }

        private static JsonObject ParseJson(string path, string text)
        {
            try
            {
                return JsonNode.Parse(text) as JsonObject ?? throw new KeyFileException($"{path}: no key.");
            }
            catch (JsonException)
            {
                throw new KeyFileException($"{path}: no key; keys are PEM files or files that 'nanoboot keys new' wrote.");
            }
        }

        private string? Text(string member) => _json?[member]?.ToString();

        private byte[] Hex(string member)
        {
            try
            {
                return Convert.FromHexString(Text(member) ?? throw Malformed(member));
            }
            catch (FormatException)
            {
                throw Malformed(member);
            }
        }

        private KeyFileException NeedsPassphrase() => new($"{Path}: encrypted; give its passphrase.");

        private KeyFileException Malformed(string member) => new($"{Path}: '{member}' is missing or malformed; restore the file.");
    }
}
