using System;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Cli;
using NanoBoot.Tools.Tests.Author;

namespace NanoBoot.Tools.Tests.Cli
{
    [TestClass]
    public sealed class DeviceCommandTests : CliTest
    {
        [TestInitialize]
        public void MakeReleases()
        {
            Succeeds("keys", "new", "author.pem", "--seed", "author");
            Succeeds("device", "images", "images");
            Write("trust.yaml", "keys:\n  - {key: author.pem, may: all}\n");
            Release("stage2", "stage2.bin", "NanoBoot.Stage2Updater.Program", 1);
            Release("application", "application-1.0.bin", "DemoApplication.Program", 1);
        }

        [TestMethod]
        public void Boot_FlashedBoard_RunsAndConfirms()
        {
            MakeBoard();
            JsonNode facts = Facts("device", "boot", "board", "--for", "5");
            Assert.AreEqual("Sleeping", facts["end"]!.ToString());
            Assert.IsTrue(facts["events"]!.AsArray().Any(entry => entry!["event"]!.ToString() == "ImageConfirmed"));
            JsonNode journal = Facts("device", "journal", "board");
            Assert.AreEqual("app.a", journal["components"]!["application"]!["confirmedSlot"]!.ToString());
            StringAssert.Contains(Succeeds("device", "journal", "board"), "confirmed in app.a");
            JsonNode regions = Facts("device", "dump", "board");
            Assert.AreEqual(1, regions.AsArray().Single(region => region!["region"]!.ToString() == "app.a")!["sequence"]!.GetValue<int>());

            // A boot that changes nothing writes nothing.
            byte[] before = File.ReadAllBytes(PathOf("board/internal.bin"));
            Assert.AreEqual(0, Facts("device", "boot", "board", "--for", "5")["flashOperations"]!.GetValue<int>());
            CollectionAssert.AreEqual(before, File.ReadAllBytes(PathOf("board/internal.bin")));
        }

        [TestMethod]
        public void Boot_NothingBootable_SaysSoWithExitCode1()
        {
            MakeBoard(isFlashed: false);
            Assert.AreEqual(ExitCode.Refused, Run("device", "boot", "board"));
            StringAssert.Contains(Output, "nothing is bootable");
        }

        [TestMethod]
        public void Boot_ImageOfAStranger_RefusedWithTheReason()
        {
            MakeBoard();
            Succeeds("keys", "new", "stranger.pem");
            Release("application", "application-1.0.bin", "DemoApplication.Program", 9, "stranger.pem");
            Succeeds("device", "flash", "board", "application.suit", "images/application-1.0.bin", "--slot", "1");
            JsonNode facts = Facts("device", "boot", "board", "--for", "5");
            Assert.IsTrue(facts["events"]!.AsArray().Any(entry => entry!["event"]!.ToString() == "SlotRefused" && entry["result"]!.ToString() == "KeyUnknown"), Output);
            Assert.AreEqual("app.a", Facts("device", "journal", "board")["components"]!["application"]!["confirmedSlot"]!.ToString());
        }

        /// <summary>The power fails at every flash operation of the first boot: the next boot always comes up.</summary>
        [TestMethod]
        public void PowerCut_AtEachOperation_TheNextBootComesUp()
        {
            MakeBoard();
            string[] files = ["internal.bin", "spi-nor.bin", "wear.json", "device.json"];
            byte[][] fresh = [.. files.Select(file => File.ReadAllBytes(PathOf("board/" + file)))];
            int cuts = 0;
            for (int operation = 0; operation < 40; operation++)
            {
                for (int index = 0; index < files.Length; index++)
                {
                    File.WriteAllBytes(PathOf("board/" + files[index]), fresh[index]);
                }

                JsonNode facts = Facts("device", "power-cut", "board", "--after", $"{operation}", "--for", "5");
                if (facts["end"]!.ToString() != "PowerCut")
                {
                    break;
                }

                cuts++;
                Assert.AreEqual("Sleeping", Facts("device", "boot", "board", "--for", "5")["end"]!.ToString(), $"after operation {operation}");
                Assert.AreEqual("app.a", Facts("device", "journal", "board")["components"]!["application"]!["confirmedSlot"]!.ToString());
            }

            Assert.IsTrue(cuts is > 3 and < 40, $"{cuts} cuts");
        }

        [TestMethod]
        public void Map_Board_WhatStandsWhere()
        {
            MakeBoard();
            string map = Succeeds("device", "map", "board");
            StringAssert.Contains(map, "application, sequence 1");
            Succeeds("device", "map", "board", "--svg", "flash.svg");
            var svg = System.Xml.Linq.XDocument.Load(PathOf("flash.svg"));
            Assert.IsTrue(svg.Descendants().Count(element => ((string?)element.Attribute("style"))?.Contains("--Envelope", StringComparison.Ordinal) == true) >= 2);
            JsonNode regions = Facts("device", "map", "board");
            JsonNode slot = regions.AsArray().Single(region => region!["region"]!.ToString() == "app.a")!;
            Assert.AreEqual("envelope", slot["sectors"]![0]!["use"]!.ToString());
            Assert.AreEqual("image", slot["sectors"]![2]!["use"]!.ToString());
            Assert.IsTrue(slot["sectors"]![2]!["erases"]!.GetValue<int>() >= 1);
            Assert.AreEqual("svg", svg.Root!.Name.LocalName);
        }

        /// <summary>The power fails on the way and comes back: one run, one page.</summary>
        [TestMethod]
        public void Run_CutAfterWithReport_TheWholeStoryOnOnePage()
        {
            MakeBoard();
            string text = Succeeds("device", "run", "board", "--for", "5", "--cut-after", "2", "--report", "run.html");
            StringAssert.Contains(text, "the power failed, and is back");
            StringAssert.Contains(text, "The board runs. The power failed once (2:RandomBits:1), and came back.");
            string page = File.ReadAllText(PathOf("run.html"));
            StringAssert.Contains(page, "A run of board");
            StringAssert.Contains(page, "the power is cut");
            StringAssert.Contains(page, "<figcaption>Before</figcaption>");
            StringAssert.Contains(page, "<figcaption>After</figcaption>");
            Assert.IsFalse(page.Replace("http://www.w3.org/2000/svg", string.Empty, StringComparison.Ordinal).Contains("http", StringComparison.Ordinal));
            JsonNode facts = Facts("device", "run", "board", "--for", "5", "--cut-after", "200");
            Assert.AreEqual(0, facts["powerCuts"]!.GetValue<int>());
            Fails(ExitCode.Usage, "--cut-after: a number of operations from 0 on", "device", "run", "board", "--cut-after", "-1");
            Fails(ExitCode.Usage, "--for: a number of seconds from 0 on", "device", "run", "board", "--for", "-1");
        }

        [TestMethod]
        public void Dump_Region_ItsBytes()
        {
            MakeBoard();
            Succeeds("device", "dump", "board", "--region", "app.a", "--out", "a.bin");
            byte[] region = File.ReadAllBytes(PathOf("a.bin"));
            byte[] image = File.ReadAllBytes(PathOf("images/application-1.0.bin"));
            CollectionAssert.AreEqual(image, region[8192..(8192 + image.Length)]);
            Fails(ExitCode.Usage, "the board has no 'app.c'", "device", "dump", "board", "--region", "app.c", "--out", "c.bin");
            Fails(ExitCode.InputOutput, "is there already", "device", "dump", "board", "--region", "app.a", "--out", "a.bin");
        }

        [TestMethod]
        public void Mistakes_OneLineEach()
        {
            MakeBoard();
            Fails(ExitCode.InputOutput, "there is a board already", NewBoard());
            Fails(ExitCode.BadInput, "no emulated board; 'nanoboot device new absent", "device", "boot", "absent");
            Fails(ExitCode.Usage, "application has 2 slots, counted from 0", "device", "flash", "board", "application.suit", "images/application-1.0.bin", "--slot", "2");
            Fails(ExitCode.BadInput, "no SUIT manifest", "device", "flash", "board", "trust.yaml", "images/application-1.0.bin");
            Fails(ExitCode.Usage, "'fly' is no permission", [.. NewBoard("other"), "--needs", "fly"]);
            Write("release.yaml", "component: thermostat\nvendor: example.com\nclass: sensor\npayload: trust.yaml\n");
            Succeeds("manifest", "create", "release.yaml", "--sequence", "1", "--out", "t.suit");
            Fails(ExitCode.Usage, "'thermostat' is no component of the board; there are: stage2, application", "device", "flash", "board", "t.suit", "trust.yaml");
            File.WriteAllBytes(PathOf("big.bin"), new byte[300_000]);
            Fails(ExitCode.BadInput, "there is room for", "device", "flash", "board", "application.suit", "big.bin");
            File.WriteAllBytes(PathOf("board/internal.bin"), new byte[10]);
            Fails(ExitCode.BadInput, "a chip's image has the wrong size", "device", "boot", "board");
            File.Delete(PathOf("board/internal.bin"));
            Fails(ExitCode.BadInput, "a chip's image is missing", "device", "boot", "board");
            Write("board/device.json", "{");
            Fails(ExitCode.BadInput, "damaged", "device", "boot", "board");
        }

        /// <summary>The bundle of a real board is verified, and then the platform does not load it: that is said before.</summary>
        [TestMethod]
        public void Flash_BundleOfARealBoard_IsSaid()
        {
            MakeBoard();
            File.WriteAllBytes(PathOf("images/board.bin"), PeFile.Make("App", new Version(1, 0, 0, 0), [], methods: [("App", "Program", "Main", PeFile.PublicStatic, 1)]));
            Release("application", "board.bin", "App.Program", 2);
            StringAssert.Contains(Succeeds("device", "flash", "board", "application.suit", "images/board.bin", "--slot", "1"), "will verify it and not start it");
            Assert.DoesNotContain("not start it", Succeeds("device", "flash", "board", "stage2.suit", "images/stage2.bin"));
        }

        [TestMethod]
        public void Flash_DryRun_SaysWhatNanoffWouldGet()
        {
            File.WriteAllBytes(PathOf("my image.bin"), [1]);
            Assert.AreEqual(
                $"nanoff --update --target ESP32_REV3 --serialport COM5 --deploy --image \"{PathOf("my image.bin")}\"",
                Succeeds("flash", "--board", "ESP32_REV3", "--port", "COM5", "--image", "my image.bin", "--dry-run").Trim());
            Fails(ExitCode.Usage, "over its serial port", "flash", "--board", "ESP32_REV3", "--dry-run");
            Fails(ExitCode.Usage, "over the board's serial port", "flash", "--board", "ST_STM32F769I_DISCOVERY", "--image", "my image.bin", "--dry-run");
            Assert.AreEqual(
                "nanoff --update --target ST_STM32F769I_DISCOVERY --jtag\n"
                    + $"nanoff --nanodevice --deploy --serialport COM6 --image \"{PathOf("my image.bin")}\"",
                Succeeds("flash", "--board", "ST_STM32F769I_DISCOVERY", "--port", "COM6", "--image", "my image.bin", "--dry-run").Trim().ReplaceLineEndings("\n"));
            Assert.AreEqual("nanoff --update --target ORGPAL_PALTHREE --dfu", Succeeds("flash", "--board", "ORGPAL_PALTHREE", "--dfu", "--dry-run").Trim());
            Assert.AreEqual(
                "nanoff --update --target XIAO_ESP32C3 --platform esp32 --serialport COM5",
                Succeeds("flash", "--board", "XIAO_ESP32C3", "--port", "COM5", "--dry-run").Trim());
            Fails(ExitCode.BadInput, "no such file", "flash", "--board", "ST_STM32F769I_DISCOVERY", "--image", "absent.bin", "--dry-run");
        }

        private static string[] NewBoard(string name = "board")
        {
            return ["device", "new", name, "--trust", "trust.yaml", "--vendor", "example.com", "--class", "sensor", "--serial", "1"];
        }

        private void MakeBoard(bool isFlashed = true)
        {
            Succeeds(NewBoard());
            if (isFlashed)
            {
                Succeeds("device", "flash", "board", "stage2.suit", "images/stage2.bin");
                Succeeds("device", "flash", "board", "application.suit", "images/application-1.0.bin");
            }
        }

        private void Release(string component, string payload, string entry, int sequence, string key = "author.pem")
        {
            Write("release.yaml", $"component: {component}\nvendor: example.com\nclass: sensor\npayload: images/{payload}\nentry: {entry}\n");
            Succeeds("manifest", "create", "release.yaml", "--sequence", $"{sequence}", "--out", component + ".suit", "--force");
            Succeeds("manifest", "sign", component + ".suit", "--key", key);
        }

        private void Write(string name, string text) => File.WriteAllText(PathOf(name), text);
    }
}
