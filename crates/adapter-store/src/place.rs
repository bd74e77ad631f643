//! Where a journal in a file may lie: on a disk of this machine.
//!
//! SQLite's log is shared memory between processes, and its promises are those of file locks and fsync. A network file system keeps
//! neither, and shows it only when a journal is lost.

use skattebro_ports::journal::{JournalError, JournalErrorKind};
use std::path::{Path, PathBuf};

/// File systems whose files lie on another machine, or are shared with one. `fuse.` names are compared by what follows the dot.
const ELSEWHERE: &[&str] = &[
    "9p",
    "acfs",
    "afs",
    "afpfs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "davfs",
    "gfs2",
    "glusterfs",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "ocfs2",
    "orangefs",
    "prl_fs",
    "pvfs2",
    "smb2",
    "smb3",
    "smbfs",
    "vboxsf",
    "virtiofs",
    "vmhgfs",
];
const ELSEWHERE_BY_FUSE: &[&str] = &[
    "ceph",
    "ceph-fuse",
    "curlftpfs",
    "davfs",
    "davfs2",
    "gcsfuse",
    "glusterfs",
    "goofys",
    "grpcfuse",
    "juicefs",
    "mount-s3",
    "osxfs",
    "rclone",
    "s3fs",
    "seaweedfs",
    "sshfs",
    "vmhgfs-fuse",
];

/// Refuses a folder, given as its real path, on a file system of another machine. Linux only: elsewhere one cannot ask without unsafe
/// code, and every place is taken for good.
pub(crate) fn check(folder: &Path) -> Result<(), JournalError> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    // A sandbox may hide it. Then nothing is known against the place.
    let Ok(mounts) = std::fs::read_to_string("/proc/self/mountinfo") else { return Ok(()) };
    match file_system(&mounts, folder) {
        Some(kind) if is_elsewhere(&kind) => Err(wrong_place(folder, &kind)),
        _ => Ok(()),
    }
}

fn wrong_place(folder: &Path, kind: &str) -> JournalError {
    let folder = skattebro_domain::masking::mask(&folder.display().to_string());
    let text = format!(
        "the folder {folder} lies on a network file system ({kind}), where a journal can be lost or damaged; keep the journal on a \
         disk of this machine, or use PostgreSQL to share it between machines"
    );
    JournalError::new(JournalErrorKind::WrongPlace, text)
}

fn is_elsewhere(kind: &str) -> bool {
    match kind.split_once('.') {
        Some(("fuse", by)) => ELSEWHERE_BY_FUSE.contains(&by),
        _ => ELSEWHERE.contains(&kind),
    }
}

/// The kind of the file system that a path lies on, by the lines of `/proc/self/mountinfo`: of the deepest mount above it, and of
/// several at one point the last, which covers the others.
fn file_system(mounts: &str, path: &Path) -> Option<String> {
    let mounts = mounts.lines().filter_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let point = unescape(before.split(' ').nth(4)?);
        let kind = after.split(' ').next()?;
        path.starts_with(&point).then(|| (point.components().count(), kind.to_owned()))
    });
    mounts.max_by_key(|(depth, _)| *depth).map(|(_, kind)| kind)
}

/// A mount point as the kernel writes it: space, tab, newline and backslash as a backslash and three octal digits.
fn unescape(text: &str) -> PathBuf {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = after.get(..3).filter(|_| first == b'\\').and_then(octal);
        bytes.push(escaped.unwrap_or(first));
        rest = if escaped.is_some() { &after[3..] } else { after };
    }
    path_of(bytes)
}

fn octal(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()
}

#[cfg(unix)]
fn path_of(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    std::ffi::OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
fn path_of(bytes: Vec<u8>) -> PathBuf {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
25 22 0:22 / /mnt rw - tmpfs tmpfs rw
40 25 0:40 / /mnt/felles rw,relatime shared:9 master:2 - nfs4 fil:/eksport rw,vers=4.2
41 22 0:41 / /mnt/felles/lokalt rw - xfs /dev/vdb rw
42 22 0:42 / /hjemme\\040mappe rw - fuse.sshfs bruker@fil: rw
43 22 0:43 / /dekket rw - cifs //fil/x rw
44 43 0:44 / /dekket rw - ext4 /dev/vdc rw
45 22 0:45 / /c rw - 9p C: rw
46 22 0:46 / /kryptert rw - fuse.gocryptfs /x rw
";

    fn on(path: &str) -> Option<String> {
        file_system(MOUNTS, Path::new(path))
    }

    #[test]
    fn a_path_lies_on_the_deepest_mount_above_it() {
        let kinds = [
            ("/", "ext4"),
            ("/var/lib/skattebro", "ext4"),
            ("/mnt", "tmpfs"),
            ("/mnt/felles", "nfs4"),
            ("/mnt/felles/a/b", "nfs4"),
            ("/mnt/fellesen", "tmpfs"),
            ("/mnt/felles/lokalt/a", "xfs"),
            ("/hjemme mappe/a", "fuse.sshfs"),
            ("/dekket/a", "ext4"),
            ("/c/Users", "9p"),
        ];
        for (path, kind) in kinds {
            assert_eq!(on(path).as_deref(), Some(kind), "{path}");
        }
        assert_eq!(file_system("", Path::new("/")), None);
        assert_eq!(file_system("nonsense\n1 2 3 - \n", Path::new("/")), None);
    }

    #[test]
    fn only_file_systems_of_other_machines_are_refused() {
        for kind in
            ["nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "lustre", "fuse.sshfs", "fuse.glusterfs", "afs"]
        {
            assert!(is_elsewhere(kind), "{kind}");
        }
        for kind in ["ext4", "xfs", "btrfs", "zfs", "overlay", "tmpfs", "fuseblk", "fuse.gocryptfs", "f2fs"] {
            assert!(!is_elsewhere(kind), "{kind}");
        }
        assert!(check(Path::new("/tmp")).is_ok());
    }

    #[test]
    fn the_refusal_says_what_to_do_and_shows_no_personal_number() {
        let error = wrong_place(Path::new("/mnt/17912099997"), "nfs4");
        assert_eq!(error.kind(), JournalErrorKind::WrongPlace);
        let text = error.to_string();
        assert!(text.contains("nfs4") && text.contains("PostgreSQL") && !text.contains("99997"), "{text}");
    }
}
