#!/usr/bin/env node
import { launch } from '@quicnprotochat/launch';

await launch(import.meta.url);
