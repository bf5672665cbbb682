// The demo application, version 1.1: measures, and asks for an update now and then. It is the device maker's code:
// it lives in a slot, and runs only when stage 1 has verified every byte of it.

using System;
using DemoApplication.Sensors;
using NanoBoot.Bootloader.Boot;
using NanoBoot.Hal;
using NanoBoot.Resident;

namespace DemoApplication
{
    /// <summary>The entry point, named by the invoke arguments of the manifest.</summary>
    public sealed class Program
    {
        /// <summary>Version of this application.</summary>
        public const string Version = "1.1";

        /// <summary>Reason of its update requests: its own timer.</summary>
        public const ushort ReasonTimer = 1;

        private const int MeasurePeriodMs = 1000;
        private const int AlarmPeriodMs = 500;
        private const int UpdatePeriodMs = 60000;
        private const int AlarmMilliCelsius = 30000;
        private const int HysteresisMilliCelsius = 500;

        private readonly BootContext _boot;
        private readonly Thermistor _thermistor = new Thermistor();
        private readonly UpdateRoutine _updates;
        private int _alarmMilliCelsius = AlarmMilliCelsius;
        private bool _isAlarm;

        private Program(BootContext boot)
        {
            _boot = boot;
            _updates = new UpdateRoutine(boot);
        }

        /// <summary>Runs until it has an update made.</summary>
        /// <param name="boot">What stage 1 hands over.</param>
        public static void Main(BootContext boot)
        {
            Program program = new Program(boot);
            program.Configure();

            // The self-test is one measurement: what cannot measure is not worth keeping.
            if (program.Measure() && boot.Confirm() == ResultCode.Ok)
            {
                program.Loop();
            }
        }

        // The configuration: the alarm's temperature in thousandths of a degree, 4 bytes little-endian. Without one, the default.
        private void Configure()
        {
            ConfigurationReader reader = new ConfigurationReader(_boot);
            if (reader.Read() == ResultCode.Ok && reader.Data.Length == 4)
            {
                _alarmMilliCelsius = BitConverter.ToInt32(reader.Data, 0);
            }
        }

        private void Loop()
        {
            while (true)
            {
                for (int elapsedMs = 0; elapsedMs < UpdatePeriodMs; elapsedMs += MeasurePeriodMs)
                {
                    _boot.Board.Sleep(_isAlarm ? AlarmPeriodMs : MeasurePeriodMs);
                    Measure();
                }

                _updates.Check(ReasonTimer);
            }
        }

        private bool Measure()
        {
            int milliCelsius = _thermistor.ToMilliCelsius(_thermistor.ReadOhm(_boot.Board.UptimeMs));
            // New in 1.1: an alarm has a way back, so that it does not flutter.
            if (_isAlarm && milliCelsius < _alarmMilliCelsius - HysteresisMilliCelsius)
            {
                _isAlarm = false;
            }

            if (milliCelsius >= _alarmMilliCelsius)
            {
                _isAlarm = true;
            }

            return milliCelsius > Thermistor.LowestMilliCelsius;
        }
    }
}
