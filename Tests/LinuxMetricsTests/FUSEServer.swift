import Glibc
import HostMetrics
import Locks
import Threads

@testable import LinuxMetrics

/// A FUSE server that completes the handshake and holds statfs requests until it is released: a mount that blocks
/// in statvfs(3), like one with a dead server. Implements the kernel's protocol (fuse(4)).
final class FUSEServer: Sendable {
  let mountpoint: String
  private let device: Int32
  private let state = Locked(State())

  private struct State {
    var isHanging = true
    var held: [UInt64] = []
    var requests = 0
  }

  private enum Opcode {
    static let statfs: UInt32 = 17
    static let initialise: UInt32 = 26
    static let forget: UInt32 = 2
    static let batchForget: UInt32 = 42
  }

  /// Mounts the file system. Requires root and `/dev/fuse`.
  init(mountpoint: String) throws {
    self.mountpoint = mountpoint
    device = open("/dev/fuse", O_RDWR | O_CLOEXEC)
    guard device >= 0 else { throw SystemFailure("this test needs /dev/fuse: open") }
    let options = "fd=\(device),rootmode=40000,user_id=0,group_id=0"
    guard mount("hanging", mountpoint, "fuse", UInt(MS_NOSUID | MS_NODEV), options) == 0 else {
      defer { close(device) }
      throw SystemFailure("this test needs root with CAP_SYS_ADMIN: mount of fuse")
    }
    try Thread.start(name: "fuse-server") { [self] in serve() }
  }

  /// Aborts the connection, which fails all pending calls, and unmounts.
  func unmount() {
    umount2(mountpoint, Int32(MNT_FORCE) | Int32(MNT_DETACH))
  }

  /// Number of statfs requests, including those of other programs (df) and tests.
  var requests: Int { state.withLock { $0.requests } }

  /// Replies to held requests, and to later ones at once.
  func release() {
    let held = state.withLock { state in
      state.isHanging = false
      defer { state.held = [] }
      return state.held
    }
    for request in held { replyStatfs(request) }
  }

  func hang() {
    state.withLock { $0.isHanging = true }
  }

  private func serve() {
    var request = [UInt8](repeating: 0, count: 1 << 17)
    while true {
      let count = read(device, &request, request.count)
      guard count > 0 else {
        if count < 0, errno == EINTR || errno == EAGAIN || errno == ENOENT { continue }
        break
      }
      guard count >= 40 else { continue }
      let (opcode, unique) = request.withUnsafeBytes {
        (
          $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self),
          $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        )
      }
      switch opcode {
      case Opcode.initialise:
        // Version 7.31, read-ahead, no flags, background and congestion limits, write size; the rest is zero.
        var body = integers([UInt32(7), 31, 0, 0, 8 << 16 | 16, 4096, 1])
        body += [UInt8](repeating: 0, count: 64 - body.count)
        reply(unique, body)
      case Opcode.statfs:
        let mustWait = state.withLock { state in
          state.requests += 1
          if state.isHanging { state.held.append(unique) }
          return state.isHanging
        }
        if !mustWait { replyStatfs(unique) }
      case Opcode.forget, Opcode.batchForget:
        break
      default:
        reply(unique, [], error: -ENOSYS)
      }
    }
    close(device)
  }

  /// 1000 blocks of 4096 bytes, 400 free, 200 for users; 50 inodes, 20 free.
  private func replyStatfs(_ unique: UInt64) {
    var body = integers([UInt64(1000), 400, 200, 50, 20])
    body += integers([UInt32(4096), 255, 4096])
    body += [UInt8](repeating: 0, count: 80 - body.count)
    reply(unique, body)
  }

  private func reply(_ unique: UInt64, _ body: [UInt8], error: Int32 = 0) {
    let message =
      integers([UInt32(16 + body.count), UInt32(bitPattern: error)]) + integers([unique]) + body
    // ENOENT is expected if the caller of the request is gone.
    _ = message.withUnsafeBytes { write(device, $0.baseAddress, $0.count) }
  }
}

private func integers<Integer: FixedWidthInteger>(_ values: [Integer]) -> [UInt8] {
  values.flatMap { value in withUnsafeBytes(of: value) { Array($0) } }
}
