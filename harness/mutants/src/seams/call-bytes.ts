/** Places in a framed Call of one segment (rpc.capnp), for those who change it where it lies. Offsets in bytes. */
export interface CallPlaces {
  /** Call: `questionId` (4 bytes) at 0, `methodId` (2 bytes) at 4, `interfaceId` (8 bytes) at 8. */
  call: number;
  /** MessageTarget: `importedCap` (4 bytes) at 0, the union's tag (2 bytes) at 4. */
  target: number;
  /** Sizes of the parameter struct, and where its pointers begin; undefined when there is none. */
  params: { dataWords: number; pointers: number; firstPointer: number } | undefined;
}

interface Struct {
  data: number;
  pointers: number;
  dataWords: number;
  pointerCount: number;
}

/** Bytes of the table of one segment. */
const TABLE = 8;
const CALL = 2;

/** @returns undefined when it is no Call, or is laid out in a way that is not followed here */
export function callPlaces(bytes: Uint8Array): CallPlaces | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== 0) return undefined;
  const root = structAt(view, TABLE);
  if (!root || view.getUint16(root.data, true) !== CALL) return undefined;
  const call = structAt(view, root.pointers);
  const target = call && structAt(view, call.pointers);
  const payload = call && structAt(view, call.pointers + 8);
  if (!target) return undefined;
  const content = payload && payload.pointerCount > 0 ? structAt(view, payload.pointers) : undefined;
  return {
    call: call.data,
    target: target.data,
    params: content && {
      dataWords: content.dataWords,
      pointers: content.pointerCount,
      firstPointer: content.pointers,
    },
  };
}

/** The struct that the pointer at `offset` leads to; a near pointer only. */
function structAt(view: DataView, offset: number): Struct | undefined {
  if (offset + 8 > view.byteLength) return undefined;
  const low = view.getInt32(offset, true);
  const dataWords = view.getUint16(offset + 4, true);
  const pointerCount = view.getUint16(offset + 6, true);
  if ((low & 3) !== 0 || (low === 0 && dataWords === 0 && pointerCount === 0)) return undefined;
  const data = offset + 8 + (low >> 2) * 8;
  return { data, pointers: data + dataWords * 8, dataWords, pointerCount };
}

/** The data section of a framed Return that `writeMessage` wrote; undefined for another message. */
export function returnData(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const root = structAt(view, TABLE);
  if (!root || view.getUint16(root.data, true) !== 3) return undefined;
  return structAt(view, root.pointers)?.data;
}
