// The forms of the parameters that stage 1 does not know. A parameter is checked when it is set, whether or not a
// command uses it.

using NanoBoot.Bootloader.Cbor;
using NanoBoot.Hal;

namespace NanoBoot.Stage2Updater.Suit
{
    /// <summary>Checks values of parameters.</summary>
    internal static class UpdateParameterForms
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
            int count;
            switch (parameter)
            {
                case UpdateParameter.UseBefore:
                case UpdateParameter.MinimumBattery:
                    reader.Read(CborType.UnsignedInteger);
                    break;

                case UpdateParameter.UpdatePriority:
                    reader.ReadInt();
                    break;

                case UpdateParameter.EncryptionInfo:
                case UpdateParameter.FetchArguments:
                    reader.ReadString(CborType.ByteString, out count);
                    break;

                case UpdateParameter.Version:
                case UpdateParameter.WaitInfo:
                case UpdateParameter.ComponentMetadata:
                    int offset = reader.ReadString(CborType.ByteString, out count);
                    CborReader content = new CborReader(reader.Buffer, offset, count);
                    CheckContent(parameter, content);
                    reader.Refuse(content.CheckEnd());
                    break;

                default:
                    reader.Refuse(ResultCode.SuitParameterUnsupported);
                    break;
            }

            return reader.Error;
        }

        private static void CheckContent(int parameter, CborReader reader)
        {
            if (parameter == UpdateParameter.Version)
            {
                VersionMatch.Read(reader, out _);
                return;
            }

            int pairs = (int)reader.Read(CborType.Map);
            if (pairs == 0)
            {
                reader.Refuse(ResultCode.SuitParameterInvalid);
            }

            int lastKey = -1;
            while (reader.Next(ref pairs))
            {
                // 0, which is no event and no metadata, is text or an error.
                long key = reader.ReadKey(ref lastKey);
                if (parameter == UpdateParameter.WaitInfo)
                {
                    CheckEvent(key, reader);
                }
                else
                {
                    CheckMetadata(key, reader);
                }
            }
        }

        private static void CheckEvent(long waitEvent, CborReader reader)
        {
            if (waitEvent == WaitEvent.OtherDeviceVersion)
            {
                CheckOtherDevice(reader);
                return;
            }

            if (waitEvent < WaitEvent.Authorization || waitEvent > WaitEvent.DayOfWeekUtc)
            {
                reader.Refuse(ResultCode.SuitParameterUnsupported);
            }

            // Priority and states may be negative, times not.
            long number = waitEvent < WaitEvent.Time ? reader.ReadInt() : reader.Read(CborType.UnsignedInteger);
            bool isDay = waitEvent == WaitEvent.DayOfWeek || waitEvent == WaitEvent.DayOfWeekUtc;
            bool isTimeOfDay = waitEvent == WaitEvent.TimeOfDay || waitEvent == WaitEvent.TimeOfDayUtc;
            if ((isDay && number > 6) || (isTimeOfDay && number >= 86400))
            {
                reader.Refuse(ResultCode.SuitParameterInvalid);
            }
        }

        // [device id, [+ version match]]
        private static void CheckOtherDevice(CborReader reader)
        {
            if (reader.Read(CborType.Array) != 2)
            {
                reader.Refuse(ResultCode.SuitParameterInvalid);
            }

            reader.ReadString(CborType.ByteString, out _);
            int items = (int)reader.Read(CborType.Array);
            if (items == 0)
            {
                reader.Refuse(ResultCode.SuitParameterInvalid);
            }

            while (reader.Next(ref items))
            {
                VersionMatch.Read(reader, out _);
            }
        }

        // Components here are regions of flash, which have no owner: metadata is checked, and has no effect.
        private static void CheckMetadata(long key, CborReader reader)
        {
            if (key < 1 || key > MetadataLast)
            {
                reader.Refuse(ResultCode.SuitParameterUnsupported);
            }

            if (key == MetadataFileType)
            {
                long number = reader.Read(CborType.UnsignedInteger);
                if (number < 1 || number > 3)
                {
                    reader.Refuse(ResultCode.SuitParameterInvalid);
                }
            }
            else if (key == MetadataModified || key == MetadataCreated)
            {
                if (reader.Read(CborType.Tag) != TagEpochTime)
                {
                    reader.Refuse(ResultCode.SuitParameterInvalid);
                }

                reader.Read(CborType.UnsignedInteger);
            }
            else
            {
                CborType type = reader.PeekType();
                bool isName = type == CborType.TextString || type == CborType.ByteString || type == CborType.UnsignedInteger;
                bool isForm = key == MetadataRoles ? type == CborType.Map
                    : key == MetadataUser || key == MetadataGroup ? isName
                    : isName || type == CborType.Map || type == CborType.Array;
                if (!isForm)
                {
                    reader.Refuse(ResultCode.SuitParameterInvalid);
                }

                reader.SkipItem();
            }
        }
    }
}
