using System;
using System.IO;
using System.Threading.Tasks;
using Microsoft.Playwright;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using NanoBoot.Server;
using NanoBoot.Tools.Tests.Cli;

namespace NanoBoot.Pages.Tests
{
    /// <summary>Each page in a real browser, light and dark; the screenshots stay in artifacts/pages.</summary>
    [TestClass]
    public sealed class PageTests : CliTest
    {
        [TestMethod]
        public async Task Demo_Report_ReadsWellInABrowser()
        {
            await using Browser browser = await Browser.StartAsync();
            Succeeds("demo", "--seed", "20", "--report", "demo.html");
            await Check(browser, "demo.html", "An update, with a power cut in the middle", "the power is cut during the installation", "SuitClassMismatch", "Where the bytes came from");
        }

        [TestMethod]
        public async Task DeviceRun_Report_ReadsWellInABrowser()
        {
            await using Browser browser = await Browser.StartAsync();
            await MakeUpdatedBoard("--cut-after", "18", "--report", "device-run.html");
            await Check(browser, "device-run.html", "A run of board", "The power failed once", "installed: sequence 2", "Where the bytes came from", "most: ");
        }

        [TestMethod]
        public async Task DeviceMap_Svg_ReadsWellInABrowser()
        {
            await using Browser browser = await Browser.StartAsync();
            await MakeUpdatedBoard();
            Succeeds("device", "map", "board", "--svg", "flash-map.svg");
            await Check(browser, "flash-map.svg", "stage2, sequence 1", "application, sequence 2", "shared with another slot", "in another slot too");
        }

        [TestMethod]
        public async Task PowerFail_Report_ReadsWellInABrowser()
        {
            await using Browser browser = await Browser.StartAsync();
            Succeeds("sim", "powerfail", "-s", "trial-confirm", "-s", "journal-rollover", "-s", "update-two-slots", "--report", "powerfail.html");
            await Check(browser, "powerfail.html", "Every case ends as the course without a failure does.", "journal-rollover", "unstable, reads mixed");
        }

        private static async Task CheckLook(Browser browser, string file, ColorScheme scheme, string[] texts, string? formerBackground, Action<string> remember)
        {
            string name = $"{Path.GetFileNameWithoutExtension(file)}-{scheme.ToString().ToLowerInvariant()}";
            Look look = await browser.LookAsync(file, scheme, Path.Combine(Artifacts(), name + ".png"));
            Assert.IsEmpty(look.Complaints, $"{name}: {string.Join("; ", look.Complaints)}");
            Assert.IsEmpty(look.Requests, $"{name} asks for {string.Join(", ", look.Requests)}");
            foreach (string text in texts)
            {
                StringAssert.Contains(look.Text, text, name);
            }

            Assert.IsEmpty(look.FaintTexts, $"{name}: hard to read: {string.Join("; ", look.FaintTexts)}");
            if (Path.GetExtension(file) == ".html")
            {
                Assert.IsFalse(look.IsWide, $"{name} has to be scrolled sideways");
                Assert.IsFalse(look.IsWideWhenNarrow, $"{name} has to be scrolled sideways in a narrow window");
            }

            Assert.AreNotEqual(formerBackground, look.Background, $"{name}: light and dark look the same");
            remember(look.Background);
        }

        private static string Artifacts()
        {
            for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "docs", "DESIGN.md")))
                {
                    return Directory.CreateDirectory(Path.Combine(folder.FullName, "artifacts", "pages")).FullName;
                }
            }

            throw new DirectoryNotFoundException("docs");
        }

        private async Task Check(Browser browser, string file, params string[] texts)
        {
            string? background = null;
            foreach (ColorScheme scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
            {
                await CheckLook(browser, PathOf(file), scheme, texts, background, seen => background = seen);
            }
        }

        /// <summary>A board that took an update over HTTP.</summary>
        private async Task MakeUpdatedBoard(params string[] runOptions)
        {
            Directory.CreateDirectory(PathOf("www"));
            await using FirmwareServer server = await FirmwareServer.StartAsync(new FirmwareServerOptions { Directory = PathOf("www") }, default);
            Succeeds("keys", "new", "author.pem", "--seed", "author");
            Succeeds("device", "images", "images");
            File.WriteAllText(PathOf("trust.yaml"), "keys:\n  - {key: author.pem, may: author+store+apply}\n");
            Succeeds("device", "new", "board", "--trust", "trust.yaml", "--vendor", "example.com", "--class", "sensor", "--serial", "1", "--uri", server.BaseAddress.ToString());
            Release("stage2", "stage2.bin", "NanoBoot.Stage2Updater.Program", "1");
            Release("application", "application-1.0.bin", "DemoApplication.Program", "1");
            Succeeds("device", "flash", "board", "stage2.suit", "images/stage2.bin");
            Succeeds("device", "flash", "board", "application.suit", "images/application-1.0.bin");
            Release("application", "application-1.1.bin", "DemoApplication.Program", "2");
            Succeeds("publish", "www", "application.suit", "images/application-1.1.bin");
            Succeeds(["device", "run", "board", "--for", "90", .. runOptions]);
        }

        private void Release(string component, string payload, string entry, string sequence)
        {
            File.WriteAllText(PathOf("release.yaml"), $"component: {component}\nvendor: example.com\nclass: sensor\npayload: images/{payload}\nentry: {entry}\n");
            Succeeds("manifest", "create", "release.yaml", "--sequence", sequence, "--out", component + ".suit", "--force");
            Succeeds("manifest", "sign", component + ".suit", "--key", "author.pem");
        }
    }
}
