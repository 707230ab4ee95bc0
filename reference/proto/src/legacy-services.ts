import { data, dataList, uint16 } from './codec/fields.ts';
import { structCodec } from './codec/struct.ts';
import * as auth from './generated/auth.ts';
import * as delivery from './generated/delivery.ts';
import { method } from './method.ts';

/** Interface id of AuthenticationService (schemas/auth.capnp). */
export const AUTHENTICATION_SERVICE_ID: bigint = auth.AuthenticationService.Client.interfaceId;
/** Interface id of DeliveryService (schemas/delivery.capnp). */
export const DELIVERY_SERVICE_ID: bigint = delivery.DeliveryService.Client.interfaceId;

/** The key package methods of the first generation, without `auth`. */
export const authenticationService = {
  uploadKeyPackage: method(
    AUTHENTICATION_SERVICE_ID,
    0,
    'AuthenticationService.uploadKeyPackage',
    structCodec(auth.AuthenticationService_UploadKeyPackage$Params, { identityKey: data(0), package: data(1) }),
    structCodec(auth.AuthenticationService_UploadKeyPackage$Results, { fingerprint: data(0) }),
  ),
  fetchKeyPackage: method(
    AUTHENTICATION_SERVICE_ID,
    1,
    'AuthenticationService.fetchKeyPackage',
    structCodec(auth.AuthenticationService_FetchKeyPackage$Params, { identityKey: data(0) }),
    structCodec(auth.AuthenticationService_FetchKeyPackage$Results, { package: data(0) }),
  ),
} as const;

/** The delivery methods of the first generation: no `auth`, no sequence numbers. */
export const deliveryService = {
  enqueue: method(
    DELIVERY_SERVICE_ID,
    0,
    'DeliveryService.enqueue',
    structCodec(delivery.DeliveryService_Enqueue$Params, {
      recipientKey: data(0),
      payload: data(1),
      channelId: data(2),
      version: uint16(0),
    }),
    structCodec(delivery.DeliveryService_Enqueue$Results, {}),
  ),
  fetch: method(
    DELIVERY_SERVICE_ID,
    1,
    'DeliveryService.fetch',
    structCodec(delivery.DeliveryService_Fetch$Params, {
      recipientKey: data(0),
      channelId: data(1),
      version: uint16(0),
    }),
    structCodec(delivery.DeliveryService_Fetch$Results, { payloads: dataList(0) }),
  ),
} as const;
