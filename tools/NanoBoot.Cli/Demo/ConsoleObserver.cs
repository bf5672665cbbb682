// The tour on a terminal: one line an event, who speaks in front, a bar while bytes move.

using System;
using System.Globalization;
using System.Threading.Tasks;
using NanoBoot.Emulator.Device;
using NanoBoot.Hal;
using Spectre.Console;

namespace NanoBoot.Cli.Demo
{
    /// <summary>Writes the tour to a console.</summary>
    internal sealed class ConsoleObserver(IAnsiConsole console) : IDemoObserver
    {
        private const int QuietSteps = 4;

        private LiveBar? _bar;
        private long _lastStep = -1;

        public void Chapter(string title, string explanation)
        {
            CloseBar();
            console.WriteLine();
            console.Write(new Rule($"[bold]{Markup.Escape(title)}[/]") { Justification = Justify.Left });
            console.MarkupLineInterpolated($"[grey]{explanation}[/]");
        }

        public void Bench(string text)
        {
            CloseBar();
            console.MarkupLineInterpolated($"[blue]{"bench",-8}[/] {string.Empty,-9} {text}");
        }

        public void Device(TranscriptEntry entry)
        {
            CloseBar();
            string text = EventText.Of(entry);
            string speaker = EventText.SpeakerOf(entry);
            string colour = ColourOf(entry);
            console.MarkupLineInterpolated($"[teal]{speaker,-8}[/] [olive]{EventText.Of(entry.Region),-9}[/] [{colour}]{text}[/]");
        }

        public void Progress(long bytes, long totalBytes)
        {
            long total = Math.Max(totalBytes, 1);
            if (!console.Profile.Capabilities.Interactive)
            {
                // A log wants few lines, a terminal one that moves.
                long step = bytes * QuietSteps / total;
                if (step != _lastStep)
                {
                    _lastStep = step;
                    console.WriteLine(Text(bytes, total));
                }

                return;
            }

            _bar ??= new LiveBar(console, total);
            _bar.Set(bytes);
        }

        public void Check(string claim, bool isTrue)
        {
            CloseBar();
            console.MarkupLineInterpolated($"[{(isTrue ? "green" : "red")}]{(isTrue ? "✓" : "✗")}        {string.Empty,-9} {claim}[/]");
        }

        private static string Text(long bytes, long total) => $"{"stage 2",-8} {string.Empty,-9} {Percent(bytes, total)}";

        private static string Percent(long bytes, long total)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{bytes * 100 / total,3} %  {bytes:N0} of {total:N0} bytes in place");
        }

        private static string ColourOf(TranscriptEntry entry)
        {
            return entry.Event switch
            {
                BootEvent.ImageConfirmed or BootEvent.InstallCompleted or BootEvent.ManifestAccepted => "green",
                BootEvent.ManifestRefused or BootEvent.InstallFailed or BootEvent.Reverted or BootEvent.Stopped => "red",
                _ => entry.Result is ResultCode.Ok or ResultCode.SlotEmpty or ResultCode.RestartRequested ? "default" : "yellow",
            };
        }

        private void CloseBar()
        {
            _lastStep = -1;
            _bar?.Dispose();
            _bar = null;
        }

        // A progress display that is opened and closed by events: the library's own is a scope, so a task holds it.
        private sealed class LiveBar : IDisposable
        {
            private readonly TaskCompletionSource _closed = new();
            private readonly TaskCompletionSource<ProgressTask> _opened = new();
            private readonly Task _scope;

            public LiveBar(IAnsiConsole console, long totalBytes)
            {
                Progress progress = console.Progress().Columns(
                    new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn());
                _scope = Task.Run(() => progress.StartAsync(async context =>
                {
                    _opened.SetResult(context.AddTask("[teal]stage 2[/]  bytes in place", maxValue: totalBytes));
                    await _closed.Task.ConfigureAwait(false);
                }));
            }

            public void Set(long bytes) => _opened.Task.GetAwaiter().GetResult().Value = bytes;

            public void Dispose()
            {
                _closed.SetResult();
                _scope.GetAwaiter().GetResult();
            }
        }
    }

    /// <summary>Keeps quiet: for <c>--json</c>.</summary>
    internal sealed class SilentObserver : IDemoObserver
    {
        public void Chapter(string title, string explanation)
        {
        }

        public void Bench(string text)
        {
        }

        public void Device(TranscriptEntry entry)
        {
        }

        public void Progress(long bytes, long totalBytes)
        {
        }

        public void Check(string claim, bool isTrue)
        {
        }
    }
}
