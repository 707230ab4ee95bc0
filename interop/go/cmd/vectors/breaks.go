package main

import "flag"

// A planted fault: what a wrong implementation gets wrong, and the requirement that it breaks.
type fault struct{ name, requirement, what string }

var faults = []fault{
	{"aad-empty", "HYB-003", "no associated data"},
	{"aad-no-version", "HYB-003", "the version is no part of the associated data"},
	{"ikm-order", "HYB-004", "ML-KEM comes first in ikm"},
	{"info-nul", "HYB-004", "a NUL behind the info"},
	{"low-order-taken", "HYB-005", "an X25519 result of zero is used"},
	{"version-ignored", "HYB-006", "any version is read as 1"},
	{"short-is-tag", "HYB-011", "a short envelope is told as one with a wrong tag"},
	{"key-reduced", "HYB-009", "coefficients over the modulus are reduced"},
	{"key-cut", "HYB-002", "what is behind a public key is ignored"},
	{"sender-is-key", "ENV-004", "senderId is the public key itself"},
	{"id-any-length", "ENV-003", "groupId and senderId of any length"},
	{"left-over", "ENV-006", "what is behind a message is ignored"},
	{"type-unknown", "ENV-002", "an unknown type is read as a ping"},
	{"time-double", "ENV-005", "the time goes through a double"},
	{"no-older", "ENV-007", "structures shorter than the schema are refused"},
	{"no-far", "RPC-002", "far pointers are refused"},
	{"tag-as-pad", "RPC-002", "a double-far pointer is read as a far pointer"},
	{"table-unpadded", "RPC-001", "the segment table is not padded to a word"},
	{"caps-kept", "RPC-001", "releaseResultCaps is read without its default"},
	{"not-walked", "RPC-021", "pointers of the content are not checked"},
	{"fingerprint-cut", "KP-004", "the fingerprint is of the first 64 bytes"},
	{"code-anywhere", "ERR-002", "a code is found anywhere in the reason"},
	{"bounds-loose", "ENV-006", "what a pointer leads to may end a word behind its segment"},
	{"offset-unsigned", "RPC-038", "pointers lead forwards only"},
	{"pad-offset", "RPC-002", "the content of a far pointer is looked for behind the pointer, not behind the pad"},
	{"list-rounded-down", "RPC-021", "the last, half used word of a list is not looked at"},
	{"count-28-bits", "RPC-021", "the highest bit of a list's count is lost"},
	{"tag-trusted", "RPC-021", "elements of a list of structures are not looked for in its segment"},
	{"newer-refused", "ENV-007", "structures longer than the schema are refused"},
	{"time-signed", "ENV-005", "the time is read as signed"},
	{"type-byte", "ENV-002", "of the type one byte is read"},
	{"variant-wraps", "RPC-016", "a variant that is in no union is read as one that is"},
	{"nul-kept", "RPC-001", "a text keeps the NUL at its end"},
	{"half-dropped", "RPC-034", "a message that is cut at the end of a stream is forgotten"},
	{"segments-few", "RPC-002", "more than 128 segments are refused"},
	{"underscore-joins", "ERR-002", "an underscore behind the code is taken for a letter"},
	{"s-reduced", "ENV-009", "S is reduced by the order before it is looked at"},
	{"key-cut-31", "ENV-009", "the last bit of an identity key is ignored"},
	{"z-ignored", "HYB-004", "the secret of a rejected ciphertext does not depend on z"},
	{"signature-unchecked", "ENV-009", "every signature of 64 bytes is right"},
}

var broken = flag.String("break", "", "plants a fault, see -list-breaks")

func has(name string) bool { return *broken == name }
