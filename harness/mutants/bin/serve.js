#!/usr/bin/env node
// serve.js ID PORT DIR [ACCOUNTS]: one faulty server that keeps what it knows in that folder.
import { launch } from '@quicnprotochat/launch';

await launch(import.meta.url);
