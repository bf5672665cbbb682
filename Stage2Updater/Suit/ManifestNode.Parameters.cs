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
            int pairs = (int)reader.Read(CborType.Map);
            int lastKey = -1;
            if (pairs == 0)
            {
                reader.Refuse(ResultCode.SuitManifestMalformed);
            }

            while (reader.Next(ref pairs))
            {
                bool isIndex = reader.PeekType() == CborType.UnsignedInteger;
                long index = reader.ReadKey(ref lastKey);
                reader.Refuse(isIndex ? processor.CheckIndex(index) : ResultCode.SuitComponentIndex);
                if (reader.Error != ResultCode.Ok)
                {
                    // There may be nothing at this index.
                    break;
                }

                if (command == UpdateCommand.OverrideMultiple)
                {
                    processor.ReadParameters(reader, (int)index, true);
                }
                else
                {
                    CopyParameters(processor.Parameters[(int)index], target, reader);
                }
            }

            return reader.Error;
        }

        private static void CopyParameters(SuitParameters source, SuitParameters target, CborReader reader)
        {
            int items = (int)reader.Read(CborType.Array);
            if (items == 0)
            {
                reader.Refuse(ResultCode.SuitManifestMalformed);
            }

            while (reader.Next(ref items))
            {
                // 0 after an error, and so not kept.
                long parameter = reader.ReadInt();
                bool isKept = (parameter > 0 && parameter < SuitParameters.Limit) || parameter == SuitParameter.ChunkTable;
                reader.Refuse(isKept ? Copy((int)parameter, source, target) : ResultCode.SuitParameterUnsupported);
            }
        }

        // Opens the content of a parameter that is a byte string of CBOR; with the error where the parameter is not set.
        private static CborReader OpenContent(SuitParameters parameters, int parameter)
        {
            CborReader value = parameters.Open(parameter);
            int offset = value.ReadString(CborType.ByteString, out int count);
            CborReader content = new CborReader(value.Buffer, offset, count);
            content.Refuse(value.Error);
            return content;
        }
    }
}
