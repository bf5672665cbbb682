// Files of a real volume that misbehaves: short reads, a full volume at every call that may meet it, errors. Each becomes a
// result code, and leaves no file open behind.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Files;
using NanoBoot.Hal;

namespace NanoBoot.Hal.Tests.Flash
{
    [TestClass]
    public sealed class FileVolumeTests
    {
        private const int ContentBytes = 100;

        private readonly List<BadFile> _opened = [];
        private string _folder = "";
        private Fault _fault;

        private enum Fault
        {
            None,
            Length,
            Seek,
            Read,
            ShortReads,
            EndOfFile,
            Write,
            Flush,
            Close,
        }

        [TestInitialize]
        public void MakeFile()
        {
            _folder = Directory.CreateTempSubdirectory("nanoboot-volume").FullName;
            File.WriteAllBytes(Path.Combine(_folder, "nb3"), [.. Enumerable.Range(0, ContentBytes).Select(i => (byte)i)]);
        }

        [TestCleanup]
        public void Remove()
        {
            _opened.ForEach(file => file.Close());
            Directory.Delete(_folder, recursive: true);
        }

        [TestMethod]
        public void Read_VolumeGivesAFewBytesAtATime_AllAreRead()
        {
            FileVolume volume = Volume(Fault.ShortReads);
            Assert.AreEqual(ResultCode.Ok, volume.Open(3, false, out int length));
            byte[] buffer = new byte[ContentBytes + 2];

            Assert.AreEqual(ResultCode.Ok, volume.Read(10, buffer, 1, ContentBytes - 10));

            Assert.AreEqual(ContentBytes, length);
            CollectionAssert.AreEqual(Enumerable.Range(10, ContentBytes - 10).Select(i => (byte)i).ToArray(), buffer[1..(ContentBytes - 9)]);
            Assert.AreEqual(0, buffer[0]);
            Assert.AreEqual(0, buffer[ContentBytes - 9]);
            Assert.IsGreaterThan(10, _opened.Single().Faults);
            Assert.AreEqual(ResultCode.Ok, volume.Close());
        }

        [TestMethod]
        [DataRow(nameof(Fault.EndOfFile))]
        [DataRow(nameof(Fault.Read))]
        [DataRow(nameof(Fault.Seek))]
        public void Read_VolumeFails_VolumeError(string fault)
        {
            FileVolume volume = Volume(Enum.Parse<Fault>(fault));
            Assert.AreEqual(ResultCode.Ok, volume.Open(3, false, out _));

            Assert.AreEqual(ResultCode.VolumeError, volume.Read(0, new byte[ContentBytes], 0, ContentBytes));

            Assert.AreEqual(1, _opened.Single().Faults);
            _fault = Fault.None;
            Assert.AreEqual(ResultCode.Ok, volume.Close());
        }

        [TestMethod]
        [DataRow(nameof(Fault.Write))]
        [DataRow(nameof(Fault.Seek))]
        public void Write_VolumeFails_VolumeFull(string fault)
        {
            FileVolume volume = Volume(Enum.Parse<Fault>(fault));
            Assert.AreEqual(ResultCode.Ok, volume.Open(3, true, out _));

            Assert.AreEqual(ResultCode.VolumeFull, volume.Write(0, new byte[1], 0, 1));

            Assert.AreEqual(1, _opened.Single().Faults);
        }

        [TestMethod]
        [DataRow(nameof(Fault.Flush))]
        [DataRow(nameof(Fault.Close))]
        public void Close_VolumeIsFull_SaidAndNoFileLeftOpen(string fault)
        {
            FileVolume volume = Volume(Enum.Parse<Fault>(fault));
            Assert.AreEqual(ResultCode.Ok, volume.Open(3, true, out _));
            Assert.AreEqual(ResultCode.Ok, volume.Write(0, new byte[1], 0, 1));

            Assert.AreEqual(ResultCode.VolumeFull, volume.Close());

            Assert.IsGreaterThan(0, _opened.Single().Faults);
            Assert.IsTrue(_opened.Single().IsClosed);
            _fault = Fault.None;
            Assert.AreEqual(ResultCode.Ok, volume.Open(3, false, out int length), "the next one opens it again");
            Assert.AreEqual(ContentBytes, length);
        }

        [TestMethod]
        [DataRow(false, ResultCode.VolumeError)]
        [DataRow(true, ResultCode.VolumeFull)]
        public void Open_LengthIsNotToBeHad_SaidAndNoFileLeftOpen(bool isCreate, ResultCode expected)
        {
            FileVolume volume = Volume(Fault.Length);

            Assert.AreEqual(expected, volume.Open(3, isCreate, out int length));

            Assert.AreEqual(-1, length);
            Assert.AreEqual(1, _opened.Single().Faults);
            Assert.IsTrue(_opened.Single().IsClosed);
        }

        [TestMethod]
        [DataRow(false, ResultCode.VolumeError)]
        [DataRow(true, ResultCode.VolumeFull)]
        public void Open_VolumeRefuses_Said(bool isCreate, ResultCode expected)
        {
            var volume = new FileVolume(Path.Combine(_folder, "nb")) { Opener = _ => throw new UnauthorizedAccessException() };

            Assert.AreEqual(expected, volume.Open(3, isCreate, out int length));
            Assert.AreEqual(-1, length);
        }

        [TestMethod]
        public void Delete_WhatCannotBeDeleted_VolumeError()
        {
            using FileStream open = File.OpenRead(Path.Combine(_folder, "nb3"));

            // Windows deletes no file that is open. Linux lists open files by number in a directory that nobody can change.
            var volume = new FileVolume(OperatingSystem.IsWindows() ? Path.Combine(_folder, "nb") : "/proc/self/fd/");
            int file = OperatingSystem.IsWindows() ? 3 : (int)open.SafeFileHandle.DangerousGetHandle();
            if (!OperatingSystem.IsWindows() && !OperatingSystem.IsLinux())
            {
                const string Reason = "Skipped: only on Windows and Linux is a file known that cannot be deleted.";
                Console.WriteLine(Reason);
                Assert.Inconclusive(Reason);
            }

            Assert.AreEqual(ResultCode.VolumeError, volume.Delete(file));
        }

        private FileVolume Volume(Fault fault)
        {
            _fault = fault;
            return new FileVolume(Path.Combine(_folder, "nb"))
            {
                Opener = path =>
                {
                    var file = new BadFile(path, () => _fault);
                    _opened.Add(file);
                    return file;
                },
            };
        }

        /// <summary>A file in which a call fails.</summary>
        private sealed class BadFile(string path, Func<Fault> fault) : FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite, 0)
        {
            public int Faults { get; private set; }

            public bool IsClosed { get; private set; }

            public override long Length => Meets(Fault.Length) ? throw new IOException() : base.Length;

            public override long Seek(long offset, SeekOrigin origin) => Meets(Fault.Seek) ? throw new IOException() : base.Seek(offset, origin);

            public override int Read(byte[] buffer, int offset, int count)
            {
                if (Meets(Fault.Read))
                {
                    throw new IOException();
                }

                return Meets(Fault.EndOfFile) ? 0 : base.Read(buffer, offset, Meets(Fault.ShortReads) ? Math.Min(count, 7) : count);
            }

            public override void Write(byte[] buffer, int offset, int count)
            {
                if (Meets(Fault.Write))
                {
                    throw new IOException();
                }

                base.Write(buffer, offset, count);
            }

            public override void Flush(bool flushToDisk)
            {
                if (Meets(Fault.Flush))
                {
                    throw new IOException();
                }

                base.Flush(flushToDisk);
            }

            protected override void Dispose(bool disposing)
            {
                base.Dispose(disposing);
                IsClosed = true;
                if (Meets(Fault.Close))
                {
                    throw new IOException();
                }
            }

            private bool Meets(Fault which)
            {
                bool isIt = fault() == which;
                Faults += isIt ? 1 : 0;
                return isIt;
            }
        }
    }
}
