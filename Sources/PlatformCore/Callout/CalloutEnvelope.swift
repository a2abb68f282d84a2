import Encoding
import Locks
import NKeys
import XKeys

/// Decrypts requests and provides the keys for responses. Shared keys are cached, as a server keeps its key while it runs.
final class CalloutEnvelope: Sendable {
  private static let maximumKeys = 256

  private let xkey: XKeyPair?
  private let shared = Locked<[ExactString: XSharedKey]>([:])

  init(xkey: XKeyPair?) {
    self.xkey = xkey
  }

  /// Decrypts a request.
  ///
  /// - Parameter serverKey: The public key in the header; nil when the request is not encrypted.
  func open(
    _ payload: [UInt8], serverKey: String?
  ) throws(CalloutRequest.Invalid) -> (token: [UInt8], sharedKey: XSharedKey?) {
    guard let serverKey else { return (payload, nil) }
    guard let xkey else {
      throw CalloutRequest.Invalid(
        description: "it is encrypted and this platform has no xkey: configure the seed of the servers' xkey")
    }
    do {
      let key = try sharedKey(xkey, serverKey)
      return (try key.open(payload), key)
    } catch let error as XKeyError {
      throw CalloutRequest.Invalid(description: error.message)
    } catch {
      throw CalloutRequest.Invalid(description: "the server's xkey is invalid")
    }
  }

  private func sharedKey(_ xkey: XKeyPair, _ serverKey: String) throws -> XSharedKey {
    let name = ExactString(serverKey)
    if let cached = shared.withLock({ $0[name] }) { return cached }
    let made = try xkey.sharedKey(with: try NKeyPublicKey(serverKey))
    shared.withLock { keys in
      if keys.count >= Self.maximumKeys { keys.removeAll(keepingCapacity: true) }
      keys[name] = made
    }
    return made
  }
}
