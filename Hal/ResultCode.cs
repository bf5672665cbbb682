// The one table of result codes: what can go wrong, what it means, and what to do about it.
// Codes are stable: they stand in the boot journal, on the console and in reports to a server.
// Ranges: 1-39 flash, 40-59 CBOR, 60-89 COSE and keys, 90-149 manifest, 150-199 boot, 200-249 update.
// docs/SPEC.md carries the same table; a test compares the two.

namespace NanoBoot.Hal
{
    /// <summary>
    /// The result of an operation. Zero is success; every other value names one reason for a refusal.
    /// </summary>
    /// <remarks>
    /// Device code returns these instead of throwing: on the platform an exception carries no message
    /// and costs thousands of instructions. Constants of an enum take no room in a deployed assembly.
    /// </remarks>
    public enum ResultCode : ushort
    {
        /// <summary>The operation did what was asked.</summary>
        Ok = 0,

        // ---- 1..39: flash -------------------------------------------------------------------------------

        /// <summary>An argument breaks the contract of the call (null, negative). Reaction: a defect in the caller.</summary>
        InvalidArgument = 1,

        /// <summary>The address or length lies outside the region or device. Reaction: nothing was done; a defect in the caller or the layout.</summary>
        FlashOutOfRange = 2,

        /// <summary>The address or length is not a multiple of the program or erase unit. Reaction: nothing was done.</summary>
        FlashUnaligned = 3,

        /// <summary>A program met a unit that is not erased. Reaction: erase the sector, program again.</summary>
        FlashNotErased = 4,

        /// <summary>The chip reported that a program failed, or reading back gave other bytes. Reaction: erase and try again; then treat the sector as worn.</summary>
        FlashProgramFailed = 5,

        /// <summary>The chip reported that an erase failed, or the sector does not read erased. Reaction: as for a failed program.</summary>
        FlashEraseFailed = 6,

        /// <summary>Repeated reads of the same place differ. Reaction: check supply and wiring.</summary>
        FlashReadUnstable = 7,

        /// <summary>The chip stayed busy longer than its data sheet allows. Reaction: reset the chip; then report it.</summary>
        FlashTimeout = 8,

        /// <summary>The sector is protected against writing, and the protection cannot be lifted. Reaction: check the WP pin and the lock bits.</summary>
        FlashWriteProtected = 9,

        /// <summary>No chip answers, or it answers only 0x00 or 0xFF. Reaction: check the wiring and chip select.</summary>
        FlashNoDevice = 10,

        /// <summary>The chip is unknown and describes itself in no usable way. Reaction: add its geometry to the board.</summary>
        FlashUnknownDevice = 11,

        /// <summary>The chip's own description (SFDP) contradicts itself or the board. Reaction: name the geometry in the board description.</summary>
        FlashDescriptionInvalid = 12,

        /// <summary>The chip did not set its write enable latch. Reaction: check the wiring and protection.</summary>
        FlashWriteEnableFailed = 13,

        /// <summary>The file volume has no room. Reaction: free space on the volume.</summary>
        VolumeFull = 14,

        /// <summary>The file volume reported an error. Reaction: check the volume.</summary>
        VolumeError = 15,

        /// <summary>Two regions of the board's flash map overlap. Reaction: mend the board description.</summary>
        MapOverlap = 16,

        /// <summary>A region lies outside its device, or is empty. Reaction: mend the board description.</summary>
        MapOutOfRange = 17,

        /// <summary>A region does not begin and end on sector borders. Reaction: mend the board description.</summary>
        MapUnaligned = 18,

        /// <summary>A region that is needed is not in the map, or stands there twice. Reaction: mend the board description.</summary>
        MapRegionMissing = 19,

        /// <summary>The geometry cannot carry what the region is for (sector or program unit too large, region too small). Reaction: mend the board description.</summary>
        MapGeometry = 20,

        /// <summary>The device lacks the operation or the primitive. Reaction: choose another profile for this board.</summary>
        NotSupported = 21,

        // ---- 40..59: CBOR -------------------------------------------------------------------------------

        /// <summary>The data ends inside an item. Reaction: refuse the manifest.</summary>
        CborTruncated = 40,

        /// <summary>The encoding is not deterministic (a longer form than needed, an indefinite length). Reaction: refuse the manifest.</summary>
        CborNotDeterministic = 41,

        /// <summary>Another type stands where one is demanded. Reaction: refuse the manifest.</summary>
        CborUnexpectedType = 42,

        /// <summary>Items nest deeper than the named limit. Reaction: refuse the manifest.</summary>
        CborTooDeep = 43,

        /// <summary>A map has the same key twice, or its keys are not in canonical order. Reaction: refuse the manifest.</summary>
        CborKeyOrder = 44,

        /// <summary>A text string is not UTF-8. Reaction: refuse the manifest.</summary>
        CborInvalidUtf8 = 45,

        /// <summary>Bytes follow where the data must end. Reaction: refuse the manifest.</summary>
        CborTrailingBytes = 46,

        /// <summary>A reserved or unsupported initial byte. Reaction: refuse the manifest.</summary>
        CborReserved = 47,

        /// <summary>A number or a count exceeds the named limit. Reaction: refuse the manifest.</summary>
        CborTooLarge = 48,

        // ---- 60..89: COSE and keys ----------------------------------------------------------------------

        /// <summary>The COSE object is not of the form that its tag demands. Reaction: refuse the manifest.</summary>
        CoseMalformed = 60,

        /// <summary>The COSE tag is missing or is another one. Reaction: refuse the manifest.</summary>
        CoseTag = 61,

        /// <summary>The algorithm is not one that this device accepts. Reaction: sign with another algorithm.</summary>
        CoseAlgorithmUnsupported = 62,

        /// <summary>The algorithm of the object is not the one that the key is bound to (A64). Reaction: refuse the manifest.</summary>
        CoseAlgorithmMismatch = 63,

        /// <summary>A critical header parameter is not understood. Reaction: refuse the manifest.</summary>
        CoseCritical = 64,

        /// <summary>The payload is not detached. Reaction: refuse the manifest.</summary>
        CosePayloadNotDetached = 65,

        /// <summary>No trusted key has the key id, or none fits. Reaction: refuse; the signer is a stranger to this device.</summary>
        KeyUnknown = 66,

        /// <summary>The signature or MAC is wrong. Reaction: refuse the manifest.</summary>
        SignatureInvalid = 67,

        /// <summary>The signature has not the form or length of its scheme. Reaction: refuse the manifest.</summary>
        SignatureMalformed = 68,

        /// <summary>The key itself is not valid (not on the curve, wrong length, unknown type). Reaction: mend the trust store.</summary>
        KeyInvalid = 69,

        /// <summary>Decryption failed: wrong key, or changed ciphertext. Reaction: refuse the payload.</summary>
        DecryptionFailed = 70,

        /// <summary>The key is revoked. Reaction: refuse the manifest.</summary>
        KeyRevoked = 71,

        // ---- 90..149: SUIT manifest ---------------------------------------------------------------------

        /// <summary>The envelope has not the form of a SUIT_Envelope. Reaction: refuse it.</summary>
        SuitEnvelopeMalformed = 90,

        /// <summary>The envelope carries no authentication block, or more than the named limit. Reaction: sign it.</summary>
        SuitNotAuthenticated = 91,

        /// <summary>The manifest's bytes do not have the digest that was signed. Reaction: refuse; it was changed or damaged.</summary>
        SuitManifestDigestMismatch = 92,

        /// <summary>The digest algorithm is not SHA-256. Reaction: make the manifest with SHA-256.</summary>
        SuitDigestUnsupported = 93,

        /// <summary>The manifest has not the form of a SUIT_Manifest. Reaction: refuse it.</summary>
        SuitManifestMalformed = 94,

        /// <summary>The manifest version is not 1. Reaction: update the device, or make a version 1 manifest.</summary>
        SuitVersionUnsupported = 95,

        /// <summary>The sequence number is below the floor of the component: an old release (A2). Reaction: refuse; sign a newer release.</summary>
        SuitSequenceTooOld = 96,

        /// <summary>The manifest names more components than the device takes. Reaction: refuse it.</summary>
        SuitTooManyComponents = 97,

        /// <summary>The device has no such component. Reaction: refuse; made for another device.</summary>
        SuitComponentUnsupported = 98,

        /// <summary>The command is not known. Reaction: refuse the manifest.</summary>
        SuitCommandUnsupported = 99,

        /// <summary>The parameter is not known. Reaction: refuse the manifest.</summary>
        SuitParameterUnsupported = 100,

        /// <summary>A parameter that a command needs is not set. Reaction: refuse the manifest.</summary>
        SuitParameterMissing = 101,

        /// <summary>A command stands where it may not (a custom or effecting command in the shared sequence, for one). Reaction: refuse the manifest.</summary>
        SuitCommandForbidden = 102,

        /// <summary>A component index is out of range, or no index was set with several components. Reaction: refuse the manifest.</summary>
        SuitComponentIndex = 103,

        /// <summary>Sequences nest deeper, or run longer, than the named limit. Reaction: refuse the manifest.</summary>
        SuitLimit = 104,

        /// <summary>The vendor identifier is not this device's. Reaction: refuse; made for another vendor's device.</summary>
        SuitVendorMismatch = 105,

        /// <summary>The class identifier is not one of this device's. Reaction: refuse; made for another kind of device.</summary>
        SuitClassMismatch = 106,

        /// <summary>The device identifier is not this device's. Reaction: refuse; made for another device.</summary>
        SuitDeviceMismatch = 107,

        /// <summary>The component slot is not the one asked for. Reaction: as the manifest says (try-each), else refuse.</summary>
        SuitSlotMismatch = 108,

        /// <summary>The image does not have the digest of the manifest. Reaction: fetch it again; if it stays, the payload is not the signed one.</summary>
        SuitImageMismatch = 109,

        /// <summary>The content compared by check-content differs. Reaction: as the manifest says, else refuse.</summary>
        SuitContentMismatch = 110,

        /// <summary>The manifest says abort. Reaction: as the manifest says (try-each), else refuse.</summary>
        SuitAborted = 111,

        /// <summary>Every alternative of a try-each failed. Reaction: refuse the manifest.</summary>
        SuitTryEachFailed = 112,

        /// <summary>A severed element is needed and is not at hand. Reaction: fetch the whole envelope.</summary>
        SuitElementSevered = 113,

        /// <summary>A severable element does not have the digest in the manifest. Reaction: refuse the envelope.</summary>
        SuitElementDigestMismatch = 114,

        /// <summary>The valid signatures together do not grant what the component needs. Reaction: let the missing party sign.</summary>
        SuitPermissionDenied = 115,

        /// <summary>The manifest lacks vendor or class checks, or a sequence that is needed. Reaction: mend the manifest.</summary>
        SuitManifestIncomplete = 116,

        /// <summary>The chunk table is malformed, or does not add up to the image size. Reaction: refuse the manifest.</summary>
        SuitChunkTableInvalid = 117,

        /// <summary>The invoke arguments are malformed. Reaction: refuse the manifest.</summary>
        SuitInvokeArgumentsInvalid = 118,

        /// <summary>The best-before time is past. Reaction: fetch a newer manifest.</summary>
        SuitExpired = 119,

        /// <summary>A condition on version, battery, authorisation or time is not met. Reaction: try again when it is.</summary>
        SuitConditionFailed = 120,

        /// <summary>A dependency is missing or is not the one named. Reaction: fetch the dependency.</summary>
        SuitDependencyMissing = 121,

        /// <summary>The same parameter is given in a form that its type forbids. Reaction: refuse the manifest.</summary>
        SuitParameterInvalid = 122,

        // ---- 150..199: boot -----------------------------------------------------------------------------

        /// <summary>The slot holds no envelope. Reaction: none; it is empty or being filled.</summary>
        SlotEmpty = 150,

        /// <summary>The slot's header is damaged or names impossible sizes. Reaction: install the slot again.</summary>
        SlotHeaderInvalid = 151,

        /// <summary>A chunk of the image does not have its digest. Reaction: install the slot again.</summary>
        ChunkDigestMismatch = 152,

        /// <summary>An assembly's header is impossible (marker, length, alignment). Reaction: build the bundle again.</summary>
        BundleInvalid = 153,

        /// <summary>The bundle holds more assemblies than the named limit. Reaction: merge assemblies.</summary>
        BundleTooMany = 154,

        /// <summary>The platform refused to load an assembly. Reaction: check references, version and target of the build.</summary>
        LoadFailed = 155,

        /// <summary>The entry type or method is not in the bundle. Reaction: mend the invoke arguments.</summary>
        EntryNotFound = 156,

        /// <summary>The image threw an exception out of its entry point. Reaction: counted as a failed attempt; see the detail.</summary>
        ImageThrew = 157,

        /// <summary>The image returned from its entry point. Reaction: counted as a failed attempt while on trial.</summary>
        ImageReturned = 158,

        /// <summary>The image on trial used up its attempts without a confirm. Reaction: the former image runs again.</summary>
        TrialExhausted = 159,

        /// <summary>The image on trial neither confirmed nor ended in its time; the supervisor restarted the device. Reaction: counted as a failed attempt.</summary>
        TrialTimeout = 160,

        /// <summary>No record of the journal is valid. Reaction: treated as a new device; floors start at the board's minimum.</summary>
        JournalEmpty = 161,

        /// <summary>Both sectors of the journal fail to take a record. Reaction: the device runs what is confirmed and takes no update.</summary>
        JournalWorn = 162,

        /// <summary>Nothing is bootable. Reaction: deploy by wire protocol, or flash a golden image.</summary>
        NothingBootable = 163,

        /// <summary>The identity record is missing or damaged. Reaction: provision the device.</summary>
        IdentityInvalid = 164,

        /// <summary>Two computations of the same decision differ: a fault was injected, or the memory is bad (A62). Reaction: the device restarts.</summary>
        FaultDetected = 165,

        /// <summary>No copy of the trust document in force is good. Reaction: only the confirmed updater starts; it fetches the document again.</summary>
        TrustInvalid = 166,

        /// <summary>The device restarted for a reason that the image gave. Reaction: none.</summary>
        RestartRequested = 167,

        /// <summary>The image failed earlier and is not tried again. Reaction: sign a newer release.</summary>
        ImageRejected = 168,

        /// <summary>The trust document is malformed, too large, or grants what no document may. Reaction: write it again.</summary>
        TrustDocumentInvalid = 169,

        /// <summary>Too few roots signed the trust document that it does not revoke itself: the last root cannot be revoked (A67). Reaction: have more roots sign it.</summary>
        TrustRootsMissing = 170,

        /// <summary>Under the trust document the updater that runs would not be trusted. Reaction: first release an updater that the new keys signed.</summary>
        TrustWouldLockOut = 171,

        // ---- 200..249: update ---------------------------------------------------------------------------

        /// <summary>The network cannot be reached. Reaction: tried again later, with backoff.</summary>
        NetworkUnreachable = 200,

        /// <summary>The server answered with an error status. Reaction: the next source, or later.</summary>
        HttpStatus = 201,

        /// <summary>The response is malformed or contradicts its own headers. Reaction: the next source.</summary>
        HttpMalformed = 202,

        /// <summary>The server sends more than it said, or more than was asked (A5). Reaction: the connection is closed; the next source.</summary>
        TransferTooLong = 203,

        /// <summary>The transfer ended early. Reaction: resumed at the first missing chunk.</summary>
        TransferTruncated = 204,

        /// <summary>The transfer is slower than the minimum rate (A6). Reaction: the next source.</summary>
        TransferTooSlow = 205,

        /// <summary>A chunk that was fetched is not the signed one; nothing was written. Reaction: the next source.</summary>
        PayloadChunkMismatch = 206,

        /// <summary>The manifest is larger than the device takes. Reaction: sever elements, or shorten it.</summary>
        ManifestTooLarge = 207,

        /// <summary>The payload does not fit into the slot. Reaction: make the bundle smaller.</summary>
        PayloadTooLarge = 208,

        /// <summary>There is nothing newer. Reaction: none.</summary>
        UpToDate = 209,

        /// <summary>No source delivered the payload. Reaction: tried again later.</summary>
        SourcesExhausted = 210,

        /// <summary>The slot that would be written is the running one. Reaction: a defect; nothing was written.</summary>
        SlotInUse = 211,

        /// <summary>The precursor of a differential payload is not on this device (A25). Reaction: fetch the full payload.</summary>
        PrecursorMismatch = 212,

        /// <summary>The URI is malformed or its scheme is not supported. Reaction: mend the manifest.</summary>
        UriUnsupported = 213,

        /// <summary>The payload's format is malformed. Reaction: make the payload again.</summary>
        PayloadMalformed = 214,

        /// <summary>The server asked to wait, or backoff has not passed. Reaction: tried again later.</summary>
        TryLater = 215,

        /// <summary>The payload is encrypted, and for no key that this device has. Reaction: provision the key, or encrypt for this device.</summary>
        PayloadKeyMissing = 216,

        /// <summary>No TLS with that server: certificate of another host, expired, or of nobody trusted. Reaction: the next source; mend the server.</summary>
        TlsRefused = 217,

        /// <summary>The same manifest has been offered for longer than the device maker said. Reaction: none on the device; whoever reads its reports asks why it is offered nothing newer.</summary>
        ManifestFrozen = 218,

        /// <summary>An image for a native loader, and the board has no updater for it. Reaction: refuse; publish it for other boards.</summary>
        NativeUpdaterMissing = 219,

        /// <summary>The report does not fit into its buffer. Reaction: report with fewer records.</summary>
        ReportTooLarge = 230,
    }
}
