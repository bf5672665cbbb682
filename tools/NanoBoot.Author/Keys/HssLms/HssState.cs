// How far an HSS key has been used. Each one-time key signs once, ever: so the number is advanced and flushed to disk
// before the signature is made, a file that went back is refused, and a torn last line costs a number, not a reuse.
//
// The file has one line per signature, "next <number> <check>", appended. Beside it a high-water mark is kept in a
// directory of the user's (XDG_STATE_HOME), so that a state file restored from a backup is noticed on that machine.
// Fault model: the process or the machine may stop at any instruction; two processes may sign at once; the user may
// copy an old file back. Not covered: both places restored together, or a key copied to another machine.

using System;
using System.Globalization;
using System.IO;
using System.Security.Cryptography;
using System.Text;

namespace NanoBoot.Author
{
    /// <summary>The state of an HSS key went back, is gone, or is used up.</summary>
    public sealed class HssStateException : Exception
    {
        /// <summary>Makes the exception.</summary>
        /// <param name="message">What is wrong and what to do.</param>
        public HssStateException(string message)
            : base(message)
        {
        }
    }

    /// <summary>The number of the next one-time key, on disk.</summary>
    internal sealed class HssState
    {
        private const int CheckCharacters = 8;
        private const string Word = "next";

        private readonly string _path;
        private readonly string? _markPath;
        private readonly byte[] _keyId;
        private readonly ulong _capacity;
        private ulong _seen;

        /// <param name="path">The state file.</param>
        /// <param name="markDirectory">Where high-water marks are kept, or null for none.</param>
        /// <param name="keyId">The key's id: part of each line's check, so that states of two keys are not confused.</param>
        /// <param name="capacity">How often the key signs in all.</param>
        public HssState(string path, string? markDirectory, byte[] keyId, ulong capacity)
        {
            _path = path;
            _markPath = markDirectory is null ? null : Path.Combine(markDirectory, Convert.ToHexStringLower(keyId) + ".next");
            _keyId = keyId;
            _capacity = capacity;
        }

        /// <summary>The state of a new key, as the file holds it.</summary>
        public byte[] First() => Encoding.ASCII.GetBytes(Line(0));

        /// <summary>The number of the next one-time key.</summary>
        public ulong Read()
        {
            using FileStream file = Open();
            return ReadNext(file, out _);
        }

        /// <summary>Takes a number: from when this returns it counts as used, whatever happens.</summary>
        public ulong Reserve()
        {
            using FileStream file = Open();
            ulong number = ReadNext(file, out bool isTorn);
            if (number >= _capacity)
            {
                throw new HssStateException($"{_path}: the key has made all of its {_capacity} signatures; make a new key.");
            }

            string line = (isTorn ? "\n" : string.Empty) + Line(number + 1);
            file.Seek(0, SeekOrigin.End);
            file.Write(Encoding.ASCII.GetBytes(line));
            file.Flush(flushToDisk: true);
            WriteMark(number + 1);
            _seen = number + 1;
            return number;
        }

        private FileStream Open()
        {
            try
            {
                return new FileStream(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            }
            catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
            {
                throw new HssStateException(
                    $"{_path}: the state of the key is gone; without it a signature could use a one-time key again. Restore the newest state, or make a new key.");
            }
            catch (IOException) when (File.Exists(_path))
            {
                throw new HssStateException($"{_path}: in use by another process; wait for it.");
            }
        }

        private ulong ReadNext(FileStream file, out bool isTorn)
        {
            byte[] bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            string text = Encoding.ASCII.GetString(bytes);
            isTorn = text.Length != 0 && !text.EndsWith('\n');
            ulong? next = null;
            foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                if (TryParse(line, out ulong number))
                {
                    if (next is ulong former && number <= former)
                    {
                        throw new HssStateException($"{_path}: the state goes back from {former} to {number}; the file was put together by hand. Make a new key.");
                    }

                    next = number;
                }
            }

            if (next is null)
            {
                throw new HssStateException($"{_path}: no state of this key; restore the newest one, or make a new key.");
            }

            // A line that was cut off stands for a number that was about to be taken.
            ulong value = isTorn ? next.Value + 1 : next.Value;
            RequireNotBack(value);
            return value;
        }

        private void RequireNotBack(ulong next)
        {
            ulong mark = Math.Max(_seen, ReadMark());
            if (next < mark)
            {
                throw new HssStateException(
                    $"{_path}: the state went back to {next}, but {mark} {(mark == 1 ? "number is" : "numbers are")} used: an old copy was put in place. Restore the newest state, or make a new key.");
            }
        }

        private ulong ReadMark()
        {
            return _markPath is not null && File.Exists(_markPath)
                && ulong.TryParse(File.ReadAllText(_markPath).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out ulong mark) ? mark : 0;
        }

        private void WriteMark(ulong next)
        {
            if (_markPath is not null)
            {
                AtomicFile.Write(_markPath, Encoding.ASCII.GetBytes(next.ToString(CultureInfo.InvariantCulture) + "\n"), isSecret: true);
            }
        }

        private string Line(ulong next)
        {
            string number = next.ToString(CultureInfo.InvariantCulture);
            return $"{Word} {number} {Check(number)}\n";
        }

        private bool TryParse(string line, out ulong number)
        {
            number = 0;
            string[] parts = line.Split(' ');
            return parts.Length == 3 && parts[0] == Word && parts[2] == Check(parts[1])
                && ulong.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out number);
        }

        private string Check(string number)
        {
            byte[] digest = SHA256.HashData([.. _keyId, .. Encoding.ASCII.GetBytes(number)]);
            return Convert.ToHexStringLower(digest)[..CheckCharacters];
        }
    }
}
