import Glibc
import HostMetrics

/// Reads the mount table of the host.
///
/// This is the table of process 1, as the sandbox of a unit has other mounts than the host. If it can't
/// be read (hidepid), the table of the agent is used. On procfs the table is read again only after
/// the kernel has reported a change (poll(2) on the open file, proc_pid_mounts(5)).
struct MountTableReader {
  /// A table of 100,000 mounts, the kernel's default limit, takes about 20 MB.
  private static let limit = 32 << 20

  private let host: KernelFile
  private let own: KernelFile
  private let proc: String

  init(_ files: HostFiles) {
    proc = files.proc
    host = KernelFile(files.proc + "/1/mountinfo", limit: Self.limit)
    own = KernelFile(files.proc + "/self/mountinfo", limit: Self.limit)
  }

  /// Whether the table may differ from the one last read.
  func mayHaveChanged() -> Bool {
    guard let descriptor = host.openDescriptor ?? own.openDescriptor else { return true }
    var query = pollfd(fd: descriptor, events: Int16(POLLPRI), revents: 0)
    return poll(&query, 1, 0) != 0
  }

  func read(_ buffer: ReadBuffer) throws(MetricsError) -> MountTable {
    do throws(MetricsError) {
      return MountTable(try host.read(into: buffer), pathPrefix: pathPrefix())
    } catch {
      return MountTable(try own.read(into: buffer))
    }
  }

  /// The root of process 1, if that is in another mount namespace and accessible.
  private func pathPrefix() -> String {
    var ours = stat()
    var theirs = stat()
    guard stat(proc + "/self/ns/mnt", &ours) == 0, stat(proc + "/1/ns/mnt", &theirs) == 0,
      ours.st_ino != theirs.st_ino, access(proc + "/1/root/", X_OK) == 0
    else { return "" }
    return proc + "/1/root"
  }
}
