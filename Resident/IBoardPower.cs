// What a board may know of its battery. Optional: a board whose class has this interface beside IBoard is asked, any other
// is a board that does not know.

namespace NanoBoot.Resident
{
    /// <summary>A board that knows how much energy is left. Implemented by the class that implements IBoard, or not at all.</summary>
    /// <remarks>Asked by the application's <see cref="UpdateClient"/> and by stage 2, from one thread, seldom. Must not throw.</remarks>
    public interface IBoardPower
    {
        /// <summary>Level of the battery, 0 to 100 percent; 100 on external power alone; -1 when not known.</summary>
        int BatteryPercent { get; }

        /// <summary>Energy left in milliwatt hours; <see cref="long.MaxValue"/> on external power; -1 when not known.</summary>
        long BatteryMilliwattHours { get; }
    }
}
