// Opens the keys that a command line names: files, with their passphrases, or signers of the user's.

using System;
using System.IO;
using NanoBoot.Author;

namespace NanoBoot.Cli
{
    /// <summary>Opens keys for commands.</summary>
    internal static class KeyLoader
    {
        private const string PassphraseVariable = "NANOBOOT_PASSPHRASE";
        private const string StateHomeVariable = "NANOBOOT_STATE_HOME";

        /// <summary>Reads a key file.</summary>
        public static KeyFile Read(CliContext context, string path)
        {
            return KeyFile.Parse(context.PathOf(path), context.ReadText(path, "key"));
        }

        /// <summary>The passphrase of an encrypted key: from a file, the environment, or the user.</summary>
        public static string? Passphrase(CliContext context, KeyFile key, string? passphraseFile)
        {
            if (!key.IsEncrypted)
            {
                return null;
            }

            return FindPassphrase(context, passphraseFile, $"Passphrase of {Path.GetFileName(key.Path)}:")
                ?? throw new CliException(
                    ExitCode.Key, $"{key.Path}: encrypted; give its passphrase with --passphrase-file or in {PassphraseVariable}.");
        }

        /// <summary>A new passphrase, asked for twice where it is typed.</summary>
        public static string NewPassphrase(CliContext context, string? passphraseFile)
        {
            string? passphrase = FindPassphrase(context, passphraseFile, null);
            if (passphrase is null)
            {
                passphrase = context.AskSecret("New passphrase:");
                if (passphrase is not null && passphrase != context.AskSecret("The same again:"))
                {
                    throw new CliException(ExitCode.Key, "the two passphrases differ; try again.");
                }
            }

            if (string.IsNullOrEmpty(passphrase))
            {
                throw new CliException(
                    ExitCode.Key, $"no passphrase; give one with --passphrase-file or in {PassphraseVariable}, or leave --encrypt out.");
            }

            return passphrase;
        }

        /// <summary>The secret of a device.</summary>
        public static byte[] DeviceKey(CliContext context, string path, string? passphraseFile)
        {
            KeyFile file = Read(context, path);
            byte[] key = file.Kind == KeyKind.Hmac
                ? file.OpenSecret(Passphrase(context, file, passphraseFile))
                : throw new CliException(ExitCode.Key, $"{path}: a device key is an hmac key ('nanoboot keys new {path} --kind hmac').");
            return key.Length == IdentityRecord.DeviceKeyBytes
                ? key
                : throw new CliException(ExitCode.Key, $"{path}: {key.Length} bytes; a device key has {IdentityRecord.DeviceKeyBytes}.");
        }

        /// <summary>Opens a key that signs.</summary>
        public static SigningKey OpenSigningKey(
            CliContext context, string path, string? passphraseFile, string? signer = null, SigningAlgorithm algorithm = SigningAlgorithm.Es256)
        {
            KeyFile file = Read(context, path);
            if (signer is null)
            {
                return file.OpenSigningKey(Passphrase(context, file, passphraseFile), MarkDirectory(context), algorithm);
            }

            byte[]? publicKey = file.ReadPublicKey();
            if (publicKey is null || publicKey.Length == 0)
            {
                throw new CliException(ExitCode.Key, $"{path}: with --signer, --key names the public key of the signer.");
            }

            return new ExternalSigningKey(signer, publicKey, file.Kind == KeyKind.HssLms ? SigningAlgorithm.HssLms : algorithm);
        }

        /// <summary>Where high-water marks of HSS keys are kept: a directory of the user's, apart from the keys.</summary>
        public static string MarkDirectory(CliContext context)
        {
            string? home = context.Environment(StateHomeVariable);
            if (!string.IsNullOrEmpty(home))
            {
                return Path.Combine(context.PathOf(home), "hss");
            }

            string? state = context.Environment("XDG_STATE_HOME");
            string root = string.IsNullOrEmpty(state)
                ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state")
                : state;
            return Path.Combine(root, "nanoboot", "hss");
        }

        private static string? FindPassphrase(CliContext context, string? passphraseFile, string? prompt)
        {
            if (passphraseFile is not null)
            {
                return context.ReadText(passphraseFile, "passphrase file").Split('\n')[0].TrimEnd('\r');
            }

            string? fromEnvironment = context.Environment(PassphraseVariable);
            return !string.IsNullOrEmpty(fromEnvironment) ? fromEnvironment : prompt is null ? null : context.AskSecret(prompt);
        }
    }
}
