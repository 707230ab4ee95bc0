import { Formatter } from '@cucumber/cucumber';

/** Cucumber wants a formatter; the messages are all that counts, and they come by another way. */
export default class SilentFormatter extends Formatter {}
