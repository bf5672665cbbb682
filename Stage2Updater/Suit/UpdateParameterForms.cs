// The forms of the parameters that stage 1 does not know. A parameter is checked when it is set, whether or not a
// command uses it.

using NanoBoot.Bootloader.Cbor;
using NanoBoot.Hal;

namespace NanoBoot.Stage2Updater.Suit
{
    /// <summary>Checks values of parameters.</summary>
    public static class UpdateParameterForms
    {
        private const int MetadataLast = 8;
        private const int MetadataRoles = 4;
        private const int MetadataFileType = 5;
        private const int MetadataUser = 2;
        private const int MetadataGroup = 3;
        private const int MetadataModified = 6;
        private const int MetadataCreated = 7;
        private const int TagEpochTime = 1;

        /// <summary>Reads the value of a parameter, and nothing beyond it.</summary>
        /// <param name="parameter">Its number.</param>
        /// <param name="reader">Stands at the value.</param>
        /// <returns>Ok; <see cref="ResultCode.SuitParameterUnsupported"/>; or why the value is refused.</returns>
        public static ResultCode Check(int parameter, CborReader reader)
        {
            long number;
            int offset;
            int count;
            switch (parameter)
            {
                case UpdateParameter.UseBefore:
                case UpdateParameter.MinimumBattery:
                    return reader.ReadUInt(out number);

                case UpdateParameter.UpdatePriority:
                    return reader.ReadInt(out number);

                case UpdateParameter.EncryptionInfo:
                case UpdateParameter.FetchArguments:
                    return reader.ReadBytes(out offset, out count);

                case UpdateParameter.Version:
                case UpdateParameter.WaitInfo:
                case UpdateParameter.ComponentMetadata:
                    ResultCode result = reader.ReadBytes(out offset, out count);
                    if (result != ResultCode.Ok)
                    {
                        return result;
                    }

                    CborReader content = new CborReader(reader.Buffer, offset, count);
                    result = CheckContent(parameter, content);
                    return result == ResultCode.Ok ? content.CheckEnd() : result;

                default:
                    return ResultCode.SuitParameterUnsupported;
            }
        }

        private static ResultCode CheckContent(int parameter, CborReader reader)
        {
            if (parameter == UpdateParameter.Version)
            {
                int comparison;
                int[] version;
                return VersionMatch.Read(reader, out comparison, out version);
            }

            int pairs;
            ResultCode result = reader.ReadMapHeader(out pairs);
            if (result == ResultCode.Ok && pairs == 0)
            {
                result = ResultCode.SuitParameterInvalid;
            }

            int lastKey = -1;
            for (; result == ResultCode.Ok && pairs > 0; pairs--)
            {
                long key;
                result = reader.ReadKey(ref lastKey, out key);
                if (result == ResultCode.Ok)
                {
                    result = parameter == UpdateParameter.WaitInfo ? CheckEvent(key, reader) : CheckMetadata(key, reader);
                }
            }

            return result;
        }

        private static ResultCode CheckEvent(long waitEvent, CborReader reader)
        {
            long number;
            if (waitEvent == WaitEvent.OtherDeviceVersion)
            {
                return CheckOtherDevice(reader);
            }

            if (waitEvent < WaitEvent.Authorization || waitEvent > WaitEvent.DayOfWeekUtc)
            {
                return ResultCode.SuitParameterUnsupported;
            }

            // Priority and states may be negative, times not.
            ResultCode result = waitEvent < WaitEvent.Time ? reader.ReadInt(out number) : reader.ReadUInt(out number);
            bool isDay = waitEvent == WaitEvent.DayOfWeek || waitEvent == WaitEvent.DayOfWeekUtc;
            bool isTimeOfDay = waitEvent == WaitEvent.TimeOfDay || waitEvent == WaitEvent.TimeOfDayUtc;
            bool isOutOfRange = (isDay && number > 6) || (isTimeOfDay && number >= 86400);
            return result == ResultCode.Ok && isOutOfRange ? ResultCode.SuitParameterInvalid : result;
        }

        // [device id, [+ version match]]
        private static ResultCode CheckOtherDevice(CborReader reader)
        {
            int items;
            int offset;
            int count;
            ResultCode result = reader.ReadArrayHeader(out items);
            if (result == ResultCode.Ok)
            {
                result = items == 2 ? reader.ReadBytes(out offset, out count) : ResultCode.SuitParameterInvalid;
            }

            if (result == ResultCode.Ok)
            {
                result = reader.ReadArrayHeader(out items);
            }

            if (result == ResultCode.Ok && items == 0)
            {
                result = ResultCode.SuitParameterInvalid;
            }

            for (; result == ResultCode.Ok && items > 0; items--)
            {
                int comparison;
                int[] version;
                result = VersionMatch.Read(reader, out comparison, out version);
            }

            return result;
        }

        // Components here are regions of flash, which have no owner: metadata is checked, and has no effect.
        private static ResultCode CheckMetadata(long key, CborReader reader)
        {
            long number;
            if (key < 1 || key > MetadataLast)
            {
                return ResultCode.SuitParameterUnsupported;
            }

            if (key == MetadataFileType)
            {
                ResultCode result = reader.ReadUInt(out number);
                return result == ResultCode.Ok && (number < 1 || number > 3) ? ResultCode.SuitParameterInvalid : result;
            }

            if (key == MetadataModified || key == MetadataCreated)
            {
                ResultCode result = reader.ReadTag(out number);
                if (result == ResultCode.Ok && number != TagEpochTime)
                {
                    return ResultCode.SuitParameterInvalid;
                }

                return result == ResultCode.Ok ? reader.ReadUInt(out number) : result;
            }

            CborType type = reader.PeekType();
            bool isName = type == CborType.TextString || type == CborType.ByteString || type == CborType.UnsignedInteger;
            bool isForm = key == MetadataRoles ? type == CborType.Map
                : key == MetadataUser || key == MetadataGroup ? isName
                : isName || type == CborType.Map || type == CborType.Array;
            return isForm ? reader.SkipItem() : ResultCode.SuitParameterInvalid;
        }
    }
}
