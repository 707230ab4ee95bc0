import { Credential } from "./credential.js";
export declare function createCustomCredential(credentialId: number, data: Uint8Array): Credential;
