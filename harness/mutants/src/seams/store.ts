import type { Store } from '@quicnprotochat/server';
import type { Fault } from '../fault.ts';

/** A fault in the store: what is given replaces the store's own. */
export function inStore(change: (store: Store) => Partial<Store>): Fault {
  return { store: (store) => override(store, change(store)) };
}

/** The store with other methods in place of some. */
export function override(store: Store, changed: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, name) {
      const source = (name in changed ? changed : target) as Store;
      const value = Reflect.get(source, name, source);
      return typeof value === 'function' ? value.bind(source) : value;
    },
    set(target, name, value) {
      return Reflect.set(target, name, value, target);
    },
  });
}
