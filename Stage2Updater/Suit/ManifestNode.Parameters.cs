// The commands that set parameters of several components, and how parameters that are CBOR are opened.

using NanoBoot.Bootloader.Cbor;
using NanoBoot.Bootloader.Suit;
using NanoBoot.Hal;

namespace NanoBoot.Stage2Updater.Suit
{
    /// <content>Parameters.</content>
    public sealed partial class ManifestNode
    {
        // override-multiple and copy-params: a map by component index.
        private static ResultCode SetMultiple(SuitProcessor processor, int command, SuitParameters target, CborReader reader)
        {
            int pairs;
            int lastKey = -1;
            ResultCode result = reader.ReadMapHeader(out pairs);
            if (result == ResultCode.Ok && pairs == 0)
            {
                result = ResultCode.SuitManifestMalformed;
            }

            for (; result == ResultCode.Ok && pairs > 0; pairs--)
            {
                long index;
                result = reader.ReadKey(ref lastKey, out index);
                if (result == ResultCode.Ok)
                {
                    result = index < 0 ? ResultCode.SuitComponentIndex : processor.CheckIndex(index);
                }

                if (result == ResultCode.Ok)
                {
                    result = command == UpdateCommand.OverrideMultiple
                        ? processor.ReadParameters(reader, (int)index, true)
                        : CopyParameters(processor.Parameters[(int)index], target, reader);
                }
            }

            return result;
        }

        private static ResultCode CopyParameters(SuitParameters source, SuitParameters target, CborReader reader)
        {
            int items;
            ResultCode result = reader.ReadArrayHeader(out items);
            if (result == ResultCode.Ok && items == 0)
            {
                result = ResultCode.SuitManifestMalformed;
            }

            for (; result == ResultCode.Ok && items > 0; items--)
            {
                long parameter;
                result = reader.ReadInt(out parameter);
                bool isKept = (parameter > 0 && parameter < SuitParameters.Limit) || parameter == SuitParameter.ChunkTable;
                if (result == ResultCode.Ok && !isKept)
                {
                    result = ResultCode.SuitParameterUnsupported;
                }

                if (result == ResultCode.Ok && !Copy((int)parameter, source, target))
                {
                    result = ResultCode.SuitParameterMissing;
                }
            }

            return result;
        }

        // Opens the content of a parameter that is a byte string of CBOR.
        private static CborReader OpenContent(SuitParameters parameters, int parameter)
        {
            byte[] buffer;
            int offset;
            int count;
            return parameters.GetString(parameter, out buffer, out offset, out count) == ResultCode.Ok
                ? new CborReader(buffer, offset, count)
                : null;
        }
    }
}
