import Locks
import NKeys
import XKeys

/// Opens requests and seals answers. A server's key is the same for as long as it runs, so what it shares with ours is kept.
final class CalloutEnvelope: Sendable {
  private static let keptKeys = 256

  private let xkey: XKeyPair?
  private let shared = Locked<[String: XSharedKey]>([:])

  init(xkey: XKeyPair?) {
    self.xkey = xkey
  }

  /// - Parameter serverKey: what the header says; nil when the request is not encrypted.
  func open(
    _ payload: [UInt8], serverKey: String?
  ) throws(CalloutRequest.Invalid) -> (token: [UInt8], sharedKey: XSharedKey?) {
    guard let serverKey else { return (payload, nil) }
    guard let xkey else {
      throw CalloutRequest.Invalid(
        description: "it is encrypted and this platform has no xkey: name the seed of the servers' xkey")
    }
    do {
      let key = try sharedKey(xkey, serverKey)
      return (try key.open(payload), key)
    } catch let error as XKeyError {
      throw CalloutRequest.Invalid(description: error.message)
    } catch {
      throw CalloutRequest.Invalid(description: "the server's xkey is none")
    }
  }

  private func sharedKey(_ xkey: XKeyPair, _ serverKey: String) throws -> XSharedKey {
    if let kept = shared.withLock({ $0[serverKey] }) { return kept }
    let made = try xkey.sharedKey(with: try NKeyPublicKey(serverKey))
    shared.withLock { keys in
      if keys.count >= Self.keptKeys { keys.removeAll(keepingCapacity: true) }
      keys[serverKey] = made
    }
    return made
  }
}
