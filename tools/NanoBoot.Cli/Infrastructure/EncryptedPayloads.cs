// Encrypts for, and decrypts as, the recipients that key files stand for.

using System.Linq;
using System.Security.Cryptography;
using NanoBoot.Author;

namespace NanoBoot.Cli
{
    internal static class EncryptedPayloads
    {
        /// <summary>The recipient that a key file stands for: a kek, or a P-256 key.</summary>
        public static PayloadRecipient OpenRecipient(CliContext context, string path, string? passphraseFile)
        {
            KeyFile file = KeyLoader.Read(context, path);
            switch (file.Kind)
            {
                case KeyKind.Kek:
                    return new KeyWrapRecipient(file.OpenSecret(KeyLoader.Passphrase(context, file, passphraseFile)), file.KeyId);
                case KeyKind.Es256 when file.IsPublic:
                    byte[] publicKey = file.ReadPublicKey()!;
                    return EcdhRecipient.FromPublicKey(publicKey, SigningKey.DefaultKeyId(publicKey));
                case KeyKind.Es256:
                    using (var key = (EcdsaSigningKey)file.OpenSigningKey(KeyLoader.Passphrase(context, file, passphraseFile), null))
                    using (ECDsa ecdsa = ECDsa.Create())
                    {
                        ecdsa.ImportFromPem(key.ExportPem());
                        return new EcdhRecipient(ecdsa.ExportParameters(includePrivateParameters: true), key.KeyId);
                    }

                default:
                    throw new CliException(ExitCode.Key, $"{path}: payloads are encrypted for a kek or for a P-256 key.");
            }
        }

        /// <summary>The record of keys that a device is provisioned with; empty when there are none.</summary>
        public static byte[] KeysOfDevice(CliContext context, string[] paths, string? passphraseFile)
        {
            var record = new PayloadKeyRecord();
            foreach (string path in paths)
            {
                KeyFile file = KeyLoader.Read(context, path);
                switch (file.Kind)
                {
                    case KeyKind.Kek:
                        record.AddKeyWrap(file.OpenSecret(KeyLoader.Passphrase(context, file, passphraseFile)), file.KeyId);
                        break;
                    case KeyKind.Es256 when !file.IsPublic:
                        using (var key = (EcdsaSigningKey)file.OpenSigningKey(KeyLoader.Passphrase(context, file, passphraseFile), null))
                        using (ECDsa ecdsa = ECDsa.Create())
                        {
                            ecdsa.ImportFromPem(key.ExportPem());
                            record.AddPrivateKey(ecdsa.ExportParameters(includePrivateParameters: true).D!, key.KeyId);
                        }

                        break;
                    default:
                        throw new CliException(ExitCode.Key, $"{path}: a device decrypts with a kek or with a private P-256 key.");
                }
            }

            return paths.Length == 0 ? [] : record.Encode();
        }

        /// <summary>Decrypts a payload by what its manifest says about it.</summary>
        public static byte[] Decrypt(CliContext context, byte[] payload, string manifestFile, string keyFile, string? passphraseFile)
        {
            Envelope envelope = Envelope.Parse(context.ReadFile(manifestFile, "manifest"));
            byte[] info = ManifestUris.FindParameters(envelope, SuitParameter.EncryptionInfo).FirstOrDefault()?.Bytes
                ?? throw new CliException(ExitCode.BadInput, $"{manifestFile}: says nothing about encryption; the payload is plain.");
            return PayloadEncryption.Decrypt(payload, info, OpenRecipient(context, keyFile, passphraseFile));
        }
    }
}
