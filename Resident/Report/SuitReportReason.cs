// Why an update ended as it did, in the words that a status tracker of any maker understands.

using NanoBoot.Hal;

namespace NanoBoot.Resident
{
    /// <summary>SUIT_Report_Reasons (draft-ietf-suit-report, section 4): the standard's coarse reasons.</summary>
    public enum SuitReportReason : byte
    {
        /// <summary>Nothing failed.</summary>
        Ok = 0,

        /// <summary>The manifest, or a part of it, is not what it must be.</summary>
        CborParse = 1,

        /// <summary>A COSE object is malformed or of an unsupported kind.</summary>
        CoseUnsupported = 2,

        /// <summary>An algorithm is not supported.</summary>
        AlgorithmUnsupported = 3,

        /// <summary>The manifest is not authentic, or its signer has no authority here.</summary>
        Unauthorised = 4,

        /// <summary>A command is not supported where it stands.</summary>
        CommandUnsupported = 5,

        /// <summary>A component is not one of this device.</summary>
        ComponentUnsupported = 6,

        /// <summary>The signers have no authority over this component.</summary>
        ComponentUnauthorised = 7,

        /// <summary>A parameter is not supported, is missing or is malformed.</summary>
        ParameterUnsupported = 8,

        /// <summary>A severed element is not at hand.</summary>
        SeveringUnsupported = 9,

        /// <summary>A condition was not met.</summary>
        ConditionFailed = 10,

        /// <summary>A directive failed: fetching, writing, starting.</summary>
        OperationFailed = 11,

        /// <summary>All is installed, and the image has yet to be started and confirmed.</summary>
        InvokePending = 12,
    }

    /// <summary>Maps this project's result codes to the standard's reasons. Stateless.</summary>
    public static class SuitReportReasons
    {
        /// <summary>Gives the reason that stands for a result code.</summary>
        /// <param name="result">Any result code; the code itself travels in the report too.</param>
        /// <returns>The reason; <see cref="SuitReportReason.OperationFailed"/> for what has none of its own.</returns>
        public static SuitReportReason Of(ResultCode result)
        {
            switch (result)
            {
                case ResultCode.Ok:
                case ResultCode.UpToDate:
                    return SuitReportReason.Ok;
                case ResultCode.CoseAlgorithmUnsupported:
                case ResultCode.SuitDigestUnsupported:
                    return SuitReportReason.AlgorithmUnsupported;
                case ResultCode.SuitNotAuthenticated:
                case ResultCode.SuitManifestDigestMismatch:
                case ResultCode.SuitElementDigestMismatch:
                case ResultCode.SuitSequenceTooOld:
                    return SuitReportReason.Unauthorised;
                case ResultCode.SuitPermissionDenied:
                    return SuitReportReason.ComponentUnauthorised;
                case ResultCode.SuitCommandUnsupported:
                case ResultCode.SuitCommandForbidden:
                    return SuitReportReason.CommandUnsupported;
                case ResultCode.SuitTooManyComponents:
                case ResultCode.SuitComponentUnsupported:
                case ResultCode.SuitComponentIndex:
                    return SuitReportReason.ComponentUnsupported;
                case ResultCode.SuitParameterUnsupported:
                case ResultCode.SuitParameterMissing:
                case ResultCode.SuitParameterInvalid:
                case ResultCode.SuitChunkTableInvalid:
                case ResultCode.SuitInvokeArgumentsInvalid:
                    return SuitReportReason.ParameterUnsupported;
                case ResultCode.SuitElementSevered:
                    return SuitReportReason.SeveringUnsupported;
                case ResultCode.ManifestFrozen:
                    return SuitReportReason.ConditionFailed;
            }

            // What is left falls into the ranges of the table of result codes.
            if (result >= ResultCode.CborTruncated && result <= ResultCode.CborTooLarge)
            {
                return SuitReportReason.CborParse;
            }

            if (result >= ResultCode.CoseMalformed && result <= ResultCode.CosePayloadNotDetached)
            {
                return result == ResultCode.CoseAlgorithmMismatch ? SuitReportReason.Unauthorised : SuitReportReason.CoseUnsupported;
            }

            if (result >= ResultCode.KeyUnknown && result <= ResultCode.KeyRevoked)
            {
                return result == ResultCode.DecryptionFailed ? SuitReportReason.OperationFailed : SuitReportReason.Unauthorised;
            }

            if (result >= ResultCode.SuitVendorMismatch && result <= ResultCode.SuitDependencyMissing)
            {
                return SuitReportReason.ConditionFailed;
            }

            return result >= ResultCode.SuitEnvelopeMalformed && result <= ResultCode.SuitLimit
                ? SuitReportReason.CborParse
                : SuitReportReason.OperationFailed;
        }
    }
}
