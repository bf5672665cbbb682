// Lets an emulated board run: through its restarts, through a power failure, and tells what it did, as text, facts or a page.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.Json.Nodes;
using NanoBoot.Cli.Bench;
using NanoBoot.Cli.Demo;
using NanoBoot.Cli.Pictures;
using NanoBoot.Emulator.Device;
using NanoBoot.Emulator.Flash;

namespace NanoBoot.Cli.Commands
{
    /// <summary>Lets a board run, and tells what it does.</summary>
    internal sealed class DeviceSession
    {
        private readonly CliContext _context;
        private readonly EmulatedBench _bench;
        private readonly string _directory;
        private readonly string? _page;
        private readonly bool _isJson;
        private readonly long _timeMs;
        private readonly HashSet<int> _cutBoots = [];

        public DeviceSession(CliContext context, string directory, int seconds, string? page, bool isJson)
        {
            if (seconds < 0)
            {
                throw new CliException(ExitCode.Usage, "--for: a number of seconds from 0 on.");
            }

            _context = context;
            _directory = directory;
            _page = page;
            _isJson = isJson;
            _bench = EmulatedBench.Open(context, directory);
            _timeMs = seconds * 1000L;
            if (page is not null)
            {
                // Looked at before the board changes, not after.
                context.RequireAbsent(page, isForced: true);
            }
        }

        /// <summary>Runs the board.</summary>
        /// <param name="bootsMax">Most boots.</param>
        /// <param name="cut">A power failure, or null.</param>
        /// <param name="isResumed">Whether the board goes on after it.</param>
        public int Run(int bootsMax, PowerCut? cut = null, bool isResumed = false)
        {
            EmulatedDevice device = _bench.Device;
            var observer = new ConsoleObserver(_context.Console);
            int boot = 0;
            device.OnEvent = entry =>
            {
                if (!_isJson)
                {
                    if (entry.Boot != boot)
                    {
                        boot = entry.Boot;
                        _context.Out.WriteLine($"boot {boot.ToString(CultureInfo.InvariantCulture)}");
                    }

                    observer.Device(entry);
                }
            };
            FlashPicture? picture = _page is null ? null : _bench.TakePicture();
            long before = Operations();
            device.Memory.Power.PowerOn();
            if (cut is PowerCut planned)
            {
                device.Memory.Power.Arm(planned);
            }

            BoardEnd end = RunBoots(bootsMax, isResumed);
            device.Memory.Power.Disarm();
            device.Memory.Power.PowerOn();
            long operations = Operations() - before;
            _bench.Save();
            bool isGood = end is BoardEnd.Sleeping or BoardEnd.Restart || (cut is not null && end == BoardEnd.PowerCut);
            string outcome = Outcome(end, cut, operations);
            if (picture is not null)
            {
                var run = new DeviceRun(_directory, outcome, isGood, device.Transcript, _cutBoots, operations, picture, _bench.TakePicture());
                _context.WriteFile(_page!, Encoding.UTF8.GetBytes(DevicePage.Write(run)), isForced: true);
            }

            Tell(outcome, end, operations);
            return isGood ? ExitCode.Ok : ExitCode.Refused;
        }

        /// <summary>Boots until the board sleeps, stops, or has had the time that it was given over all boots.</summary>
        private BoardEnd RunBoots(int bootsMax, bool isResumed)
        {
            EmulatedDevice device = _bench.Device;
            long endMs = device.Memory.Clock.NowMs + _timeMs;
            BoardEnd end = BoardEnd.Restart;
            for (int boot = 0; boot < bootsMax && end == BoardEnd.Restart; boot++)
            {
                device.SleepLimitMs = Math.Max(0, endMs - device.Memory.Clock.NowMs);
                end = device.BootOnce();
                if (end == BoardEnd.PowerCut)
                {
                    _cutBoots.Add(device.BootCount);
                    if (isResumed)
                    {
                        device.Memory.Power.PowerOn();
                        end = BoardEnd.Restart;
                        if (!_isJson)
                        {
                            _context.Out.WriteLine("the power failed, and is back");
                        }
                    }
                }
            }

            return end;
        }

        private long Operations() => _bench.Memory.Power.OperationCount;

        private string Outcome(BoardEnd end, PowerCut? cut, long operations)
        {
            string text = end switch
            {
                BoardEnd.Sleeping => "The board runs.",
                BoardEnd.Restart => "The board restarts.",
                BoardEnd.PowerCut => $"The power failed: {cut}.",
                BoardEnd.Stopped => "Stage 1 stopped: nothing is bootable. Flash an image: nanoboot device flash.",
                _ => $"Something escaped stage 1: {_bench.Device.Escaped?.GetType().Name}. A defect; please report it.",
            };
            if (cut is not null && end != BoardEnd.PowerCut)
            {
                text += _cutBoots.Count == 0
                    ? $" The power did not fail: there were only {operations} flash operations."
                    : $" The power failed once ({cut}), and came back.";
            }

            return text;
        }

        private void Tell(string outcome, BoardEnd end, long operations)
        {
            if (!_isJson)
            {
                _context.Out.WriteLine(outcome);
                if (_page is not null)
                {
                    _context.Out.WriteLine($"Written: {_page}");
                }

                return;
            }

            _context.WriteJson(new JsonObject
            {
                ["end"] = end.ToString(),
                ["powerCuts"] = _cutBoots.Count,
                ["boots"] = _bench.Device.BootCount,
                ["flashOperations"] = operations,
                ["events"] = new JsonArray([.. _bench.Device.Transcript.Select(Describe)]),
            });
        }

        private static JsonNode Describe(TranscriptEntry entry) => new JsonObject
        {
            ["boot"] = entry.Boot,
            ["speaker"] = EventText.SpeakerOf(entry),
            ["event"] = entry.Event.ToString(),
            ["region"] = EventText.Of(entry.Region),
            ["result"] = entry.Result.ToString(),
            ["value"] = entry.Value,
            ["text"] = EventText.Of(entry),
        };
    }
}
