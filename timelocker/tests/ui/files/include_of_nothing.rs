static PHOTOS: timelocker::pattern::PatternTable = timelocker::include_patterns!(
    include: "tests/ui/files/comments_alone.exclude",
);

fn main() {}
