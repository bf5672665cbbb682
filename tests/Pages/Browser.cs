// The browser that pages are looked at with: a Chromium that is on the machine, driven by Playwright.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Microsoft.Playwright;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace NanoBoot.Pages.Tests
{
    /// <summary>Opens pages, and says what a reader would see.</summary>
    internal sealed class Browser : IAsyncDisposable
    {
        private const string Variable = "NANOBOOT_CHROMIUM";
        private const int WidthPixels = 1000;
        private const int HeightPixels = 900;
        private const int CaptureTriesMax = 20;
        private const int CapturePauseMs = 250;
        private const int NarrowPixels = 420;

        private readonly IPlaywright _playwright;
        private readonly IBrowser _browser;

        private Browser(IPlaywright playwright, IBrowser browser)
        {
            _playwright = playwright;
            _browser = browser;
        }

        /// <summary>Starts the browser; without one the test is inconclusive, and says so.</summary>
        public static async Task<Browser> StartAsync()
        {
            string? path = Find();
            if (path is null)
            {
                string reason = $"Skipped: no Chromium on this machine (Debian: apt-get install chromium), and {Variable} does not name one.";
                Console.WriteLine(reason);
                Assert.Inconclusive(reason);
            }

            IPlaywright playwright = await Playwright.CreateAsync();
            IBrowser browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
            {
                ExecutablePath = path,
                ChromiumSandbox = Environment.UserName != "root" && !OperatingSystem.IsWindows(),
            });
            return new Browser(playwright, browser);
        }

        // Playwright's own way waits for ever on a document that is not HTML. This one fails as long as nothing is painted, which
        // on a busy machine is so for a while after the document is there.
        private static async Task CaptureAsync(IPage page, string screenshot)
        {
            ICDPSession session = await page.Context.NewCDPSessionAsync(page);
            for (int tries = 1; ; tries++)
            {
                await page.EvaluateAsync("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
                try
                {
                    JsonElement? taken = await session.SendAsync("Page.captureScreenshot");
                    await File.WriteAllBytesAsync(screenshot, taken!.Value.GetProperty("data").GetBytesFromBase64());
                    return;
                }
                catch (PlaywrightException) when (tries < CaptureTriesMax)
                {
                    await Task.Delay(CapturePauseMs);
                }
            }
        }

        /// <summary>Opens a file as a reader with light or dark settings does, and keeps a screenshot.</summary>
        /// <param name="file">The page.</param>
        /// <param name="scheme">Light or dark.</param>
        /// <param name="screenshot">Where the screenshot goes.</param>
        public async Task<Look> LookAsync(string file, ColorScheme scheme, string screenshot)
        {
            string address = new Uri(file).AbsoluteUri;
            var complaints = new List<string>();
            var requests = new List<string>();
            await using IBrowserContext context = await _browser.NewContextAsync(new BrowserNewContextOptions
            {
                ColorScheme = scheme,
                ViewportSize = new ViewportSize { Width = WidthPixels, Height = HeightPixels },
            });
            IPage page = await context.NewPageAsync();
            page.Console += (_, message) => complaints.Add($"{message.Type}: {message.Text}");
            page.PageError += (_, error) => complaints.Add(error);
            page.Request += (_, request) => requests.Add(request.Url);
            await page.GotoAsync(address);
            if (Path.GetExtension(file) == ".svg")
            {
                await CaptureAsync(page, screenshot);
            }
            else
            {
                await page.ScreenshotAsync(new PageScreenshotOptions { Path = screenshot, FullPage = true });
            }

            string text = await page.EvaluateAsync<string>("() => document.documentElement.textContent");
            string background = await page.EvaluateAsync<string>("() => getComputedStyle(document.body ?? document.documentElement).backgroundColor");
            string[] faint = await page.EvaluateAsync<string[]>(Contrast);
            bool isWide = await page.EvaluateAsync<bool>(Overflow);
            await page.SetViewportSizeAsync(NarrowPixels, HeightPixels);
            bool isWideWhenNarrow = await page.EvaluateAsync<bool>(Overflow);
            return new Look(text, background, [.. complaints], [.. requests.Where(request => request != address)], faint, isWide, isWideWhenNarrow);
        }

        public async ValueTask DisposeAsync()
        {
            await _browser.DisposeAsync();
            _playwright.Dispose();
        }

        private const string Overflow = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth";

        /// <summary>Texts whose colour is too near to what they stand on (WCAG 2: 4.5 to 1).</summary>
        private const string Contrast =
            """
            () => {
              const canvas = document.createElementNS('http://www.w3.org/1999/xhtml', 'canvas').getContext('2d', {willReadFrequently: true});
              const rgba = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return canvas.getImageData(0, 0, 1, 1).data; };
              const luminance = c => { const [r, g, b] = [c[0], c[1], c[2]].map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4); }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
              const behind = e => { for (; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor); if (c[3] === 255) return c; } return [255, 255, 255, 255]; };
              const bad = [];
              for (const e of document.querySelectorAll('h1,h2,p,span,b,th,td,code,summary,pre,figcaption,svg text')) {
                if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
                const isSvg = e.namespaceURI.endsWith('svg');
                if (isSvg && e.previousElementSibling?.tagName === 'rect' && e.style.fill) continue;
                const style = getComputedStyle(e);
                const [a, b] = [luminance(rgba(isSvg ? style.fill : style.color)), luminance(behind(e))];
                const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
                if (ratio < 4.5) bad.push(ratio.toFixed(2) + ' ' + e.tagName + '.' + (e.getAttribute('class') ?? '') + ': ' + e.textContent.slice(0, 40));
              }
              return [...new Set(bad)].slice(0, 10);
            }
            """;

        private static string? Find()
        {
            string? named = Environment.GetEnvironmentVariable(Variable);
            string[] names = OperatingSystem.IsWindows() ? ["chrome.exe", "msedge.exe"] : ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
            IEnumerable<string> candidates = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
                .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
                .SelectMany(folder => names.Select(name => Path.Combine(folder, name)));
            return (string.IsNullOrEmpty(named) ? candidates : [named]).FirstOrDefault(File.Exists);
        }
    }

    /// <summary>What a reader sees.</summary>
    /// <param name="Text">All text.</param>
    /// <param name="Background">Colour of the page.</param>
    /// <param name="Complaints">What the browser's console says.</param>
    /// <param name="Requests">What the page asks for beyond itself.</param>
    /// <param name="FaintTexts">Texts that are hard to read on what they stand on.</param>
    /// <param name="IsWide">Whether it has to be scrolled sideways.</param>
    /// <param name="IsWideWhenNarrow">The same in a narrow window.</param>
    internal sealed record Look(
        string Text, string Background, string[] Complaints, string[] Requests, string[] FaintTexts, bool IsWide, bool IsWideWhenNarrow);
}
