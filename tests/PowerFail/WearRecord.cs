// How often the sectors of a scenario are erased: without a failure, and at most over all cases.

using System;
using System.Collections.Generic;
using NanoBoot.Emulator.Device;
using NanoBoot.Emulator.Flash;

namespace NanoBoot.PowerFail
{
    /// <summary>Erases by sector.</summary>
    internal sealed class WearRecord
    {
        private readonly List<Entry> _entries = new List<Entry>();

        internal WearRecord(EmulatedMemory memory, MemorySnapshot start)
        {
            foreach (LayoutRegion region in memory.Layout.Regions)
            {
                NorArray array = region.IsExternal ? memory.External.Array : memory.Internal.Array;
                NorSnapshot before = region.IsExternal ? start.External : start.Internal;
                for (int at = 0; at < region.SizeBytes; at += memory.Layout.SectorBytes)
                {
                    int sector = array.Geometry.Sectors.IndexOf(region.StartBytes + at);
                    _entries.Add(new Entry(array, before, sector, new SectorWear(region.Id, at / memory.Layout.SectorBytes, 0, 0)));
                }
            }
        }

        internal void NoteUncut()
        {
            foreach (Entry entry in _entries)
            {
                entry.Uncut = entry.Array.ErasesSince(entry.Sector, entry.Before);
            }
        }

        internal void Note()
        {
            foreach (Entry entry in _entries)
            {
                entry.Max = Math.Max(entry.Max, entry.Array.ErasesSince(entry.Sector, entry.Before));
            }
        }

        internal IReadOnlyList<SectorWear> ToList()
        {
            List<SectorWear> list = new List<SectorWear>();
            foreach (Entry entry in _entries)
            {
                if (entry.Max > 0 || entry.Uncut > 0)
                {
                    list.Add(entry.Place with { Erases = entry.Uncut, ErasesMax = Math.Max(entry.Max, entry.Uncut) });
                }
            }

            return list;
        }

        private sealed class Entry
        {
            internal readonly NorArray Array;
            internal readonly NorSnapshot Before;
            internal readonly int Sector;
            internal readonly SectorWear Place;
            internal int Uncut;
            internal int Max;

            internal Entry(NorArray array, NorSnapshot before, int sector, SectorWear place)
            {
                Array = array;
                Before = before;
                Sector = sector;
                Place = place;
            }
        }
    }
}
