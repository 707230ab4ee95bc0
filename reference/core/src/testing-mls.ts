// What no right member makes, for tests of those who receive it.
import { createCommit, generateKeyPackageWithKey } from '../vendor/ts-mls/index.js';
import { encodeMlsMessage } from '../vendor/ts-mls/message.js';
import type { IdentityKeypair } from './identity.ts';
import { GroupMember } from './mls/group-member.ts';
import { systemClock } from './mls/key-package.ts';
import { decodeState, encodeState } from './mls/saved-state.ts';
import { makeSuite, SUITE_NAME } from './mls/suite.ts';
import { writeMessage } from './mls/wire.ts';

const DAY_SECONDS = 86_400n;

/**
 * A KeyPackage whose credential names one and that another has signed, right in all else.
 * @param named Ed25519 public key, 32 bytes
 * @returns an MLSMessage, `00 01 00 05 …`
 */
export async function misnamedKeyPackage(named: Uint8Array, signer: IdentityKeypair): Promise<Uint8Array> {
  const now = BigInt(systemClock());
  const { publicPackage } = await generateKeyPackageWithKey(
    { credentialType: 'basic', identity: named },
    { versions: ['mls10'], ciphersuites: [SUITE_NAME], extensions: [], proposals: [], credentials: ['basic'] },
    { notBefore: now - DAY_SECONDS, notAfter: now + DAY_SECONDS },
    [],
    { publicKey: signer.publicKey, signKey: new Uint8Array() },
    await makeSuite((message) => signer.sign(message)),
  );
  return writeMessage<'mls_key_package'>({ wireformat: 'mls_key_package', keyPackage: publicPackage });
}

/**
 * A commit that renews a member's keys, as PublicMessage.
 * @returns an MLSMessage, `00 01 00 01 …`, and the member in the epoch that it leads to
 */
export async function publicCommit(member: GroupMember): Promise<{ commit: Uint8Array; next: GroupMember }> {
  const { state } = decodeState(await member.save());
  const cipherSuite = await makeSuite((message) => member.identity.sign(message));
  const { commit, newState } = await createCommit({ state, cipherSuite }, { wireAsPublicMessage: true });
  const next = await GroupMember.load(member.identity, encodeState({ state: newState, pending: undefined }));
  return { commit: encodeMlsMessage(commit), next };
}
