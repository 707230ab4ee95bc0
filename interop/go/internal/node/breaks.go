package node

// Break is a planted fault: one small deviation of a kind that real implementers make. The zero value is a right server.
type Break string

// Planted faults, by the name that -break takes.
const (
	FingerprintHex        Break = "fingerprint-hex"
	PackagesLIFO          Break = "packages-lifo"
	PackageStays          Break = "package-stays"
	PayloadLimitOffBy1    Break = "payload-limit-off-by-one"
	TokenPrefix           Break = "token-prefix"
	SeqRestarts           Break = "seq-restarts"
	FetchKeeps            Break = "fetch-keeps"
	ChannelCodesSwapped   Break = "channel-codes-swapped"
	ChannelSharesQueue    Break = "channel-shares-queue"
	IdentityUnchecked     Break = "identity-unchecked"
	HybridFirstWins       Break = "hybrid-first-wins"
	WaitWakesForAll       Break = "wait-wakes-for-all"
	CancelDrains          Break = "cancel-drains"
	WaitBlocks            Break = "wait-blocks"
	PeekRemoves           Break = "peek-removes"
	AckOffByOne           Break = "ack-off-by-one"
	AckCrosses            Break = "ack-crosses"
	AckRemembers          Break = "ack-remembers"
	KeysSkipAbsent        Break = "keys-skip-absent"
	BatchSeqsReversed     Break = "batch-seqs-reversed"
	BatchPartial          Break = "batch-partial"
	BatchMembersUnchecked Break = "batch-members-unchecked"
	BatchWakesNobody      Break = "batch-wakes-nobody"
	BatchAnyVersion       Break = "batch-any-version"
	EndpointFirstWins     Break = "endpoint-first-wins"
	EndpointOnce          Break = "endpoint-once"
	EndpointForAnybody    Break = "endpoint-for-anybody"
	ResolveForAnybody     Break = "resolve-for-anybody"
	DeviceUnchecked       Break = "device-unchecked"
	LimitIgnored          Break = "limit-ignored"
	PayloadCut            Break = "payload-cut"
	ChannelEachWay        Break = "channel-each-way"
)

// Breaks lists every planted fault with the requirement of spec/ that it breaks.
var Breaks = []struct {
	Name        Break
	Requirement string
	Description string
}{
	{FingerprintHex, "KP-004", "the fingerprint is the first half of the digest in hex"},
	{PackagesLIFO, "KP-007", "the newest KeyPackage is given out first"},
	{PackageStays, "KP-006", "a fetched KeyPackage stays"},
	{PayloadLimitOffBy1, "DS-004", "a payload of exactly the limit is refused"},
	{TokenPrefix, "AUTH-007", "a token that begins like a known one is accepted"},
	{SeqRestarts, "DS-009", "numbers begin again when a queue is drained"},
	{FetchKeeps, "DS-011", "fetched messages stay queued"},
	{ChannelCodesSwapped, "CH-008", "E022 and E023 are mixed up"},
	{ChannelSharesQueue, "CH-012", "a channel's messages go to the default queue"},
	{IdentityUnchecked, "AUTH-013", "anybody may fetch anybody's queue"},
	{HybridFirstWins, "HK-005", "a second hybrid key is ignored"},
	{WaitWakesForAll, "DS-025", "a message for one queue ends the waits of all"},
	{CancelDrains, "DS-027", "a message for a waiter that left is lost"},
	{WaitBlocks, "RPC-008", "a waiting fetchWait holds later calls of its session back"},
	{PeekRemoves, "DS-031", "a peek removes what it shows"},
	{AckOffByOne, "DS-032", "an ack leaves the last message"},
	{AckCrosses, "DS-034", "an ack removes from the recipient's other queues too"},
	{AckRemembers, "DS-035", "an ack beyond the end swallows what comes later"},
	{KeysSkipAbsent, "BAT-001", "there is no entry for somebody without a hybrid key"},
	{BatchSeqsReversed, "BAT-007", "the numbers of a batch are in another order"},
	{BatchPartial, "BAT-008", "a batch is refused half way"},
	{BatchMembersUnchecked, "CH-010", "only the first recipient of a batch has to be a member"},
	{BatchWakesNobody, "BAT-010", "a batch ends no wait"},
	{BatchAnyVersion, "DS-002", "batchEnqueue takes any wire version"},
	{EndpointFirstWins, "EP-003", "a second endpoint is ignored"},
	{EndpointOnce, "EP-004", "an endpoint is resolved once"},
	{EndpointForAnybody, "AUTH-012", "anybody may publish for anybody"},
	{ResolveForAnybody, "AUTH-007", "resolveEndpoint asks for no token"},
	{DeviceUnchecked, "AUTH-018", "a token bound to a device is good on all"},
	{LimitIgnored, "DS-012", "a fetch returns all, whatever its limit"},
	{PayloadCut, "DS-005", "a payload is cut at 65,535 bytes"},
	{ChannelEachWay, "CH-002", "a pair has a channel for each direction"},
}

// Known tells whether a fault of that name can be planted.
func Known(name string) bool {
	for _, b := range Breaks {
		if string(b.Name) == name {
			return true
		}
	}
	return false
}
