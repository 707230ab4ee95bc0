//! A member of at most one group, on OpenMLS. Every message is an MLSMessage.

use openmls::prelude::{tls_codec::Deserialize as _, *};
use openmls_basic_credential::SignatureKeyPair;
use openmls_rust_crypto::OpenMlsRustCrypto;
use serde_json::{json, Value};

pub const SUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519;
const PAST_EPOCHS: usize = 3;

pub type Outcome<T> = Result<T, String>;

/// Any error as text: only people read it.
pub fn text(error: impl std::fmt::Debug) -> String {
    format!("{error:?}")
}

pub struct Member {
    provider: OpenMlsRustCrypto,
    signer: SignatureKeyPair,
    credential: CredentialWithKey,
    group: Option<MlsGroup>,
}

/// A commit with the Welcome of those it adds.
pub struct Committed {
    pub commit: Vec<u8>,
    pub welcome: Option<Vec<u8>>,
}

fn bytes(message: MlsMessageOut) -> Outcome<Vec<u8>> {
    message.to_bytes().map_err(text)
}

fn parse(message: &[u8]) -> Outcome<MlsMessageBodyIn> {
    Ok(MlsMessageIn::tls_deserialize_exact(message)
        .map_err(text)?
        .extract())
}

fn create_config() -> MlsGroupCreateConfig {
    MlsGroupCreateConfig::builder()
        .ciphersuite(SUITE)
        .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
        .use_ratchet_tree_extension(true)
        .max_past_epochs(PAST_EPOCHS)
        .build()
}

fn join_config() -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
        .use_ratchet_tree_extension(true)
        .max_past_epochs(PAST_EPOCHS)
        .build()
}

fn identity_of(credential: &Credential) -> Outcome<String> {
    let basic = BasicCredential::try_from(credential.clone()).map_err(text)?;
    Ok(hex::encode(basic.identity()))
}

impl Member {
    /// The credential is the public key of a new Ed25519 key pair.
    pub fn new() -> Outcome<Self> {
        let signer = SignatureKeyPair::new(SUITE.signature_algorithm()).map_err(text)?;
        let credential = CredentialWithKey {
            credential: BasicCredential::new(signer.to_public_vec()).into(),
            signature_key: signer.to_public_vec().into(),
        };
        Ok(Self {
            provider: OpenMlsRustCrypto::default(),
            signer,
            credential,
            group: None,
        })
    }

    pub fn identity(&self) -> String {
        hex::encode(self.signer.public())
    }

    pub fn key_package(&self) -> Outcome<Vec<u8>> {
        let bundle = KeyPackage::builder()
            .build(SUITE, &self.provider, &self.signer, self.credential.clone())
            .map_err(text)?;
        bytes(MlsMessageOut::from(bundle.key_package().clone()))
    }

    pub fn create_group(&mut self, group_id: &[u8]) -> Outcome<()> {
        let group = MlsGroup::new_with_group_id(
            &self.provider,
            &self.signer,
            &create_config(),
            GroupId::from_slice(group_id),
            self.credential.clone(),
        );
        self.group = Some(group.map_err(text)?);
        Ok(())
    }

    pub fn join(&mut self, welcome: &[u8]) -> Outcome<()> {
        let MlsMessageBodyIn::Welcome(welcome) = parse(welcome)? else {
            return Err("not a Welcome".into());
        };
        let group = StagedWelcome::new_from_welcome(&self.provider, &join_config(), welcome, None)
            .map_err(text)?
            .into_group(&self.provider)
            .map_err(text)?;
        self.group = Some(group);
        Ok(())
    }

    /// Group, provider and signer at once, which methods of the group take.
    fn parts(&mut self) -> Outcome<(&mut MlsGroup, &OpenMlsRustCrypto, &SignatureKeyPair)> {
        let group = self.group.as_mut().ok_or("no group")?;
        Ok((group, &self.provider, &self.signer))
    }

    pub fn add(&mut self, key_packages: &[Vec<u8>]) -> Outcome<Committed> {
        let (group, provider, signer) = self.parts()?;
        let mut valid = Vec::new();
        for package in key_packages {
            let MlsMessageBodyIn::KeyPackage(package) = parse(package)? else {
                return Err("not a KeyPackage".into());
            };
            valid.push(
                package
                    .validate(provider.crypto(), ProtocolVersion::Mls10)
                    .map_err(text)?,
            );
        }
        let (commit, welcome, _) = group.add_members(provider, signer, &valid).map_err(text)?;
        Ok(Committed {
            commit: bytes(commit)?,
            welcome: Some(bytes(welcome)?),
        })
    }

    fn leaf_of(&mut self, identity: &str) -> Outcome<LeafNodeIndex> {
        let (group, _, _) = self.parts()?;
        let found = group
            .members()
            .find(|member| hex::encode(&member.signature_key) == identity);
        Ok(found.ok_or("no such member")?.index)
    }

    pub fn remove(&mut self, identity: &str) -> Outcome<Committed> {
        let leaf = self.leaf_of(identity)?;
        let (group, provider, signer) = self.parts()?;
        let (commit, _, _) = group
            .remove_members(provider, signer, &[leaf])
            .map_err(text)?;
        Ok(Committed {
            commit: bytes(commit)?,
            welcome: None,
        })
    }

    pub fn update(&mut self) -> Outcome<Committed> {
        let (group, provider, signer) = self.parts()?;
        let bundle = group.self_update(provider, signer, LeafNodeParameters::default());
        let (commit, _, _) = bundle.map_err(text)?.into_messages();
        Ok(Committed {
            commit: bytes(commit)?,
            welcome: None,
        })
    }

    pub fn propose_update(&mut self) -> Outcome<Vec<u8>> {
        let (group, provider, signer) = self.parts()?;
        let proposed = group.propose_self_update(provider, signer, LeafNodeParameters::default());
        bytes(proposed.map_err(text)?.0)
    }

    pub fn leave(&mut self) -> Outcome<Vec<u8>> {
        let (group, provider, signer) = self.parts()?;
        bytes(group.leave_group(provider, signer).map_err(text)?)
    }

    /// Puts the commit that was made last into force.
    pub fn merge(&mut self) -> Outcome<()> {
        let (group, provider, _) = self.parts()?;
        group.merge_pending_commit(provider).map_err(text)
    }

    pub fn send(&mut self, plaintext: &[u8]) -> Outcome<Vec<u8>> {
        let (group, provider, signer) = self.parts()?;
        bytes(
            group
                .create_message(provider, signer, plaintext)
                .map_err(text)?,
        )
    }

    /// Reads a message, puts a commit into force, keeps a proposal.
    pub fn receive(&mut self, message: &[u8]) -> Outcome<Value> {
        let (group, provider, _) = self.parts()?;
        let MlsMessageBodyIn::PrivateMessage(message) = parse(message)? else {
            return Err("not a PrivateMessage".into());
        };
        let processed = group.process_message(provider, message).map_err(text)?;
        let sender = identity_of(processed.credential())?;
        match processed.into_content() {
            ProcessedMessageContent::ApplicationMessage(message) => Ok(
                json!({"kind": "application", "sender": sender, "plaintext": hex::encode(message.into_bytes())}),
            ),
            ProcessedMessageContent::StagedCommitMessage(staged) => {
                let removed = staged.self_removed();
                group.merge_staged_commit(provider, *staged).map_err(text)?;
                Ok(json!({"kind": "commit", "sender": sender, "isRemoved": removed}))
            }
            ProcessedMessageContent::ProposalMessage(proposal) => {
                group
                    .store_pending_proposal(provider.storage(), *proposal)
                    .map_err(text)?;
                Ok(json!({"kind": "proposal", "sender": sender}))
            }
            _ => Err("another kind of message".into()),
        }
    }

    /// Epoch and the identities of the members.
    pub fn info(&mut self) -> Outcome<Value> {
        let (group, _, _) = self.parts()?;
        let members: Vec<String> = group
            .members()
            .map(|member| hex::encode(member.signature_key))
            .collect();
        Ok(json!({"epoch": group.epoch().as_u64(), "members": members}))
    }
}
